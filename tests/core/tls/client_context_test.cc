#include "core/tls/client_context.h"

#include <openssl/ssl.h>

#include <string>

#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/certificates.h"
#include "tests/client/scratch_dir.h"

namespace segrid::tls {
namespace {

TEST(MakeClientContext, VerifiesThePeerAndWantsTls12) {
  const auto context = MakeClientContext({});
  ASSERT_TRUE(context.ok()) << context.status();
  SSL_CTX* native = (*context)->native_handle();
  EXPECT_EQ(SSL_CTX_get_min_proto_version(native), TLS1_2_VERSION);
  EXPECT_EQ(SSL_CTX_get_verify_mode(native), SSL_VERIFY_PEER);
}

TEST(MakeClientContext, TakesAnAuthorityFromAFile) {
  const tests::ScratchDir scratch;
  const std::string file = scratch.Write("ca.pem", tests::MakeAuthority().cert);
  EXPECT_TRUE(MakeClientContext({.ca_file = file}).ok());
}

TEST(MakeClientContext, NamesABadAuthorityFile) {
  const tests::ScratchDir scratch;
  const std::string empty = scratch.Write("empty.pem", "");
  const std::string junk = scratch.Write("junk.pem", "not PEM");
  for (const std::string& file : {scratch.Path("missing"), empty, junk}) {
    const auto context = MakeClientContext({.ca_file = file});
    EXPECT_EQ(base::ReasonOf(context.status()), "BAD_CA_FILE");
    EXPECT_THAT(std::string(context.status().message()),
                ::testing::HasSubstr(file));
  }
}

TEST(MakeClientContext, NamesABadClientCertificate) {
  const tests::ScratchDir scratch;
  const auto authority = tests::MakeAuthority();
  const auto mine = tests::MakeCertificate(authority, "me");
  const auto other = tests::MakeCertificate(authority, "other");
  const std::string cert = scratch.Write("cert.pem", mine.cert);
  const std::string key = scratch.Write("key.pem", mine.key);
  const std::string wrong = scratch.Write("wrong.pem", other.key);
  EXPECT_TRUE(MakeClientContext({.cert_file = cert, .key_file = key}).ok());
  struct Case {
    std::string cert, key, named;
  };
  for (const auto& [its_cert, its_key, named] :
       {Case{scratch.Path("none"), key, "none"}, Case{key, key, "key.pem"},
        Case{cert, "", "client_key"}, Case{cert, cert, "cert.pem"},
        Case{cert, wrong, "wrong.pem"}}) {
    const auto context =
        MakeClientContext({.cert_file = its_cert, .key_file = its_key});
    EXPECT_EQ(base::ReasonOf(context.status()), "BAD_CLIENT_CERT") << named;
    EXPECT_THAT(std::string(context.status().message()),
                ::testing::HasSubstr(named));
  }
}

}  // namespace
}  // namespace segrid::tls
