#include "server/rpc/tls_files.h"

#include <string>

#include "absl/time/clock.h"
#include "core/base/error_info.h"
#include "gtest/gtest.h"
#include "tests/client/certificates.h"
#include "tests/client/scratch_dir.h"

namespace segrid::rpc {
namespace {

using tests::Certificate;

class TlsFilesTest : public ::testing::Test {
 protected:
  TlsFilesTest() {
    const Certificate one = tests::MakeCertificate(authority_, "one");
    tls_.cert = dir_.Write("cert.pem", one.cert);
    tls_.key = dir_.Write("key.pem", one.key);
    tls_.client_ca = dir_.Write("ca.pem", authority_.cert);
  }

  absl::Status Make(absl::Time now = absl::Now()) {
    return ReadTlsFiles(tls_, now).status();
  }
  // The error's text, or "" for another reason.
  std::string Problem(absl::Time now = absl::Now()) {
    const absl::Status status = Make(now);
    return base::ReasonOf(status) == "BAD_CERTIFICATE"
               ? std::string(status.message())
               : "";
  }

  const Certificate authority_ = tests::MakeAuthority();
  const tests::ScratchDir dir_;
  config::Tls tls_;
};

TEST_F(TlsFilesTest, AreReadWhenTheyAreGood) {
  EXPECT_TRUE(Make().ok()) << Make();
  tls_.client_ca.clear();
  EXPECT_TRUE(Make().ok());
}

TEST_F(TlsFilesTest, NameAMissingFile) {
  tls_.cert = dir_.Path("missing.pem");
  EXPECT_NE(Problem().find("grpc.tls.cert: file '" + tls_.cert + "'"),
            std::string::npos);
  EXPECT_NE(Problem().find("cannot be read"), std::string::npos);
}

TEST_F(TlsFilesTest, NameADirectoryInTheirPlace) {
  tls_.client_ca = dir_.Path("");
  EXPECT_NE(Problem().find("grpc.tls.client_ca"), std::string::npos);
  tls_.cert = dir_.Path("");
  EXPECT_NE(
      Problem().find("grpc.tls.cert: file '" + tls_.cert + "' cannot be read"),
      std::string::npos);
}

TEST_F(TlsFilesTest, NameAFileThatIsNoPem) {
  tls_.client_ca = dir_.Write("bad.pem", "not PEM");
  EXPECT_NE(Problem().find("client_ca"), std::string::npos);
  tls_.key = dir_.Write("bad.pem", "not PEM");
  EXPECT_NE(Problem().find("grpc.tls.key"), std::string::npos);
  tls_.cert = tls_.key;
  EXPECT_NE(Problem().find("grpc.tls.cert"), std::string::npos);
}

TEST_F(TlsFilesTest, RefuseTheKeyOfAnother) {
  tls_.key =
      dir_.Write("other.pem", tests::MakeCertificate(authority_, "other").key);
  EXPECT_NE(Problem().find("is not the key"), std::string::npos);
}

TEST_F(TlsFilesTest, RefuseACertificateOutOfItsTime) {
  EXPECT_NE(Problem(absl::Now() + absl::Hours(24 * 30)).find("expired"),
            std::string::npos);
  EXPECT_NE(Problem(absl::Now() - absl::Hours(24 * 30)).find("not valid yet"),
            std::string::npos);
}

}  // namespace
}  // namespace segrid::rpc
