#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "client/client.h"
#include "tests/client/certificates.h"
#include "tests/client/fake_server.h"
#include "tests/client/scratch_dir.h"

namespace segrid {
namespace {

using ::testing::HasSubstr;
using tests::Certificate;
using tests::FakeBridge;
using tests::FakeServer;

// A server that asks for a certificate of the same authority.
class ClientTls : public ::testing::Test {
 protected:
  ClientTls() {
    bridge_.forward = [](auto& context, const auto&, auto&) {
      const auto names = context.auth_context()->GetPeerIdentity();
      EXPECT_FALSE(names.empty());
      return grpc::Status::OK;
    };
  }

  std::shared_ptr<grpc::ServerCredentials> MutualTls() const {
    const Certificate server = MakeCertificate(authority_, "bridge.test");
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = authority_.cert;
    options.pem_key_cert_pairs.push_back({server.key, server.cert});
    return grpc::SslServerCredentials(options);
  }

  ClientOptions Options(const TlsOptions& tls) const {
    ClientOptions options;
    options.address = server_.address();
    options.tls = tls;
    options.wait_for_ready = false;
    return options;
  }

  tests::ScratchDir dir_;
  const Certificate authority_ = tests::MakeAuthority();
  const Certificate own_ = MakeCertificate(authority_, "client.test");
  const std::string ca_file_ = dir_.Write("ca.pem", authority_.cert);
  const std::string cert_file_ = dir_.Write("cert.pem", own_.cert);
  const std::string key_file_ = dir_.Write("key.pem", own_.key);
  FakeBridge bridge_;
  FakeServer server_{bridge_, "127.0.0.1:0", MutualTls()};
};

TEST_F(ClientTls, ShowsItsCertificateAndChecksTheServers) {
  const auto client = Client::Connect(Options({.ca_file = ca_file_,
                                               .cert_file = cert_file_,
                                               .key_file = key_file_,
                                               .server_name = ""}));
  ASSERT_TRUE(client.ok()) << client.error();
  const auto answer = client->Forward("[]");
  EXPECT_TRUE(answer.ok()) << answer.error();
}

TEST_F(ClientTls, ChecksTheNameThatItIsTold) {
  TlsOptions tls{.ca_file = ca_file_,
                 .cert_file = cert_file_,
                 .key_file = key_file_,
                 .server_name = "bridge.test"};
  EXPECT_TRUE(Client::Connect(Options(tls))->Forward("[]").ok());
  tls.server_name = "elsewhere.test";
  EXPECT_EQ(Client::Connect(Options(tls))->Forward("[]").error().code,
            ErrorCode::kUnavailable);
}

TEST_F(ClientTls, RefusesAServerOfAnotherAuthority) {
  const std::string other =
      dir_.Write("other.pem", tests::MakeAuthority().cert);
  const auto client = Client::Connect(Options({.ca_file = other,
                                               .cert_file = cert_file_,
                                               .key_file = key_file_,
                                               .server_name = ""}));
  EXPECT_EQ(client->Forward("[]").error().code, ErrorCode::kUnavailable);
}

TEST_F(ClientTls, NamesTheFileThatCannotBeUsed) {
  const std::string junk = dir_.Write("junk.pem", "hello");
  const std::string other_key =
      dir_.Write("other.key", MakeCertificate(authority_, "other.test").key);
  const struct {
    TlsOptions tls;
    const char* field;
    const char* message;
  } kCases[] = {
      {{dir_.Path("gone"), "", "", ""}, "tls.ca_file", "cannot be read"},
      {{junk, "", "", ""}, "tls.ca_file", "is not a PEM file"},
      {{ca_file_, dir_.Path("gone"), key_file_, ""},
       "tls.cert_file",
       "cannot be read"},
      {{ca_file_, cert_file_, junk, ""}, "tls.key_file", "is not a PEM file"},
      {{key_file_, "", "", ""}, "tls.ca_file", "holds no certificate"},
      {{ca_file_, key_file_, key_file_, ""},
       "tls.cert_file",
       "holds no certificate"},
      {{ca_file_, cert_file_, cert_file_, ""},
       "tls.key_file",
       "holds no key that can be read"},
      {{ca_file_, cert_file_, other_key, ""},
       "tls.key_file",
       "is not the key of the certificate"},
  };
  for (const auto& test : kCases) {
    const auto client = Client::Connect(Options(test.tls));
    ASSERT_FALSE(client.ok());
    EXPECT_EQ(client.error().reason, "BAD_OPTION");
    EXPECT_EQ(client.error().field_violations.at(0).field, test.field);
    EXPECT_THAT(client.error().message, HasSubstr(test.message));
  }
}

}  // namespace
}  // namespace segrid
