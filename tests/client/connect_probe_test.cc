// The errors of a client when TLS is between it and its server.

#include "client/internal/connect_probe.h"

#include <gmock/gmock.h>
#include <grpcpp/security/server_credentials.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "client/client.h"
#include "client/internal/probe_socket.h"
#include "tests/client/certificates.h"
#include "tests/client/fake_server.h"
#include "tests/client/scratch_dir.h"

namespace segrid::internal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using tests::Certificate;
using tests::FakeBridge;
using tests::FakeServer;

enum class Server { kPlain, kTls, kMutual, kExpired };

class Probing : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const Certificate& made) {
    dir_.Write(name + ".key", made.key);
    return dir_.Write(name + ".pem", made.cert);
  }

  std::shared_ptr<grpc::ServerCredentials> CredentialsOf(Server server) const {
    if (server == Server::kPlain) return grpc::InsecureServerCredentials();
    const Certificate own = server == Server::kExpired
                                ? MakeExpiredCertificate(authority_)
                                : MakeCertificate(authority_, "bridge.test");
    grpc::SslServerCredentialsOptions options(
        server == Server::kMutual
            ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
            : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
    options.pem_root_certs = authority_.cert;
    options.pem_key_cert_pairs.push_back({own.key, own.cert});
    return grpc::SslServerCredentials(options);
  }

  tests::ScratchDir dir_;
  const Certificate authority_ = tests::MakeAuthority();
  const Certificate stranger_ = tests::MakeAuthority("somebody else");
  const std::string ca_ = Write("ca", authority_);
  const std::string other_ca_ = Write("other", stranger_);
  FakeBridge bridge_;
};

TEST_F(Probing, SaysWhatIsWrongAndWhatToDo) {
  const std::string foreign = Write("foreign", MakeCertificate(stranger_, "a"));
  const std::string expired =
      Write("expired", MakeExpiredCertificate(authority_));
  const auto key_of = [this](const char* name) {
    return dir_.Path(std::string(name) + ".key");
  };
  const struct {
    Server server;
    std::optional<TlsOptions> tls;
    const char* cause;
    std::string says;
  } kCases[] = {
      {Server::kTls, std::nullopt, "SERVER_SPEAKS_TLS", "use TLS (--tls"},
      {Server::kMutual, std::nullopt, "SERVER_SPEAKS_TLS", "use TLS (--tls"},
      {Server::kPlain, TlsOptions{.ca_file = ca_}, "SERVER_IS_PLAIN",
       "speaks no TLS"},
      {Server::kTls, TlsOptions{.ca_file = other_ca_}, "UNKNOWN_AUTHORITY",
       "none of the authorities in '" + other_ca_ + "'"},
      {Server::kTls, TlsOptions{}, "UNKNOWN_AUTHORITY", "the system's store"},
      {Server::kTls, TlsOptions{.ca_file = ca_, .server_name = "else.test"},
       "WRONG_SERVER_NAME", "DNS:bridge.test, not for 'else.test'"},
      {Server::kExpired, TlsOptions{.ca_file = ca_},
       "SERVER_CERTIFICATE_EXPIRED", "expired at "},
      {Server::kMutual, TlsOptions{.ca_file = ca_}, "CLIENT_CERTIFICATE_WANTED",
       "wants a client certificate"},
      {Server::kMutual,
       TlsOptions{
           .ca_file = ca_, .cert_file = foreign, .key_file = key_of("foreign")},
       "CLIENT_CERTIFICATE_REFUSED", "segrid test authority"},
      {Server::kMutual,
       TlsOptions{
           .ca_file = ca_, .cert_file = expired, .key_file = key_of("expired")},
       "CLIENT_CERTIFICATE_REFUSED", "because it expired at "},
  };
  for (const auto& test : kCases) {
    const FakeServer server(bridge_, "127.0.0.1:0", CredentialsOf(test.server));
    for (const bool waits : {false, true}) {
      ClientOptions options;
      options.address = server.address();
      options.tls = test.tls;
      options.wait_for_ready = waits;
      options.timeout = std::chrono::milliseconds(waits ? 300 : 5'000);
      const auto answer = Client::Connect(options)->Forward("[]");
      ASSERT_FALSE(answer.ok()) << test.cause;
      EXPECT_EQ(answer.error().reason, "NOT_CONNECTED");
      EXPECT_EQ(answer.error().metadata.at("cause"), test.cause);
      EXPECT_THAT(answer.error().message, HasSubstr(test.says));
      EXPECT_THAT(answer.error().message, HasSubstr(server.address()));
    }
  }
}

TEST_F(Probing, FindsNothingWhereAllIsWell) {
  Write("own", MakeCertificate(authority_, "client.test"));
  const TlsOptions mutual = {.ca_file = ca_,
                             .cert_file = dir_.Path("own.pem"),
                             .key_file = dir_.Path("own.key")};
  const struct {
    Server server;
    std::optional<TlsOptions> tls;
  } kCases[] = {{Server::kPlain, std::nullopt},
                {Server::kTls, TlsOptions{.ca_file = ca_}},
                {Server::kMutual, mutual}};
  for (const auto& test : kCases) {
    const FakeServer server(bridge_, "127.0.0.1:0", CredentialsOf(test.server));
    const auto found =
        ProbeServer(server.address(), test.tls, std::chrono::milliseconds(200));
    EXPECT_FALSE(found.has_value()) << found->message;
  }
}

// Answers each connection with the same words, whatever it asks.
class Parrot {
 public:
  explicit Parrot(std::string words) : words_(std::move(words)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 8);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Parrot() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void Serve() {
    for (;;) {
      const int peer = accept(listener_, nullptr, nullptr);
      if (peer < 0) return;
      send(peer, words_.data(), words_.size(), MSG_NOSIGNAL);
      shutdown(peer, SHUT_WR);
      char byte = 0;
      while (recv(peer, &byte, 1, 0) > 0) {
      }
      close(peer);
    }
  }

  const std::string words_;
  const int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
  std::thread thread_;
};

TEST_F(Probing, SaysThatSomethingElseThanGrpcAnswers) {
  for (const char* words : {"HTTP/1.1 400 Bad Request\r\n\r\n", "<html>"}) {
    const Parrot parrot(words);
    const auto found =
        ProbeServer(parrot.address(), std::nullopt, std::chrono::seconds(5));
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->cause, "NOT_GRPC");
    const auto over_tls =
        ProbeServer(parrot.address(), TlsOptions(), std::chrono::seconds(5));
    ASSERT_TRUE(over_tls.has_value());
    EXPECT_EQ(over_tls->cause, "SERVER_IS_PLAIN");
  }
}

TEST_F(Probing, SaysThatNobodyAnswers) {
  for (const std::string& address :
       {"unix:" + dir_.Path("nobody"), std::string("127.0.0.1:1")}) {
    const auto found =
        ProbeServer(address, std::nullopt, std::chrono::seconds(5));
    ASSERT_TRUE(found.has_value()) << address;
    EXPECT_EQ(found->cause, kUnreachable);
  }
}

TEST_F(Probing, DoesNotRepeatWhatACertificateSaysToTerminals) {
  const Certificate odd = tests::MakeAuthority("a\x1b[31mb");
  Write("odd", MakeCertificate(odd, "bridge.test"));
  grpc::SslServerCredentialsOptions credentials;
  const Certificate own = MakeCertificate(odd, "bridge.test");
  credentials.pem_key_cert_pairs.push_back({own.key, own.cert});
  const FakeServer server(bridge_, "127.0.0.1:0",
                          grpc::SslServerCredentials(credentials));
  const auto found = ProbeServer(server.address(), TlsOptions{.ca_file = ca_},
                                 std::chrono::seconds(5));
  ASSERT_TRUE(found.has_value());
  EXPECT_THAT(found->message, Not(HasSubstr("\x1b")));
}

TEST(FirstAddress, ReadsTheFormsOfAnAddress) {
  const struct {
    const char* address;
    const char* host;
    const char* port;
    const char* path;
  } kCases[] = {
      {"a.test:1", "a.test", "1", ""},
      {"127.0.0.1:1,127.0.0.2:2", "127.0.0.1", "1", ""},
      {"[::1]:5", "::1", "5", ""},
      {"dns:///a.test:1", "a.test", "1", ""},
      {"ipv4:127.0.0.1:1", "127.0.0.1", "1", ""},
      {"a.test", "a.test", "443", ""},
      {"unix:/run/a", "", "", "/run/a"},
      {"unix:///run/a", "", "", "/run/a"},
  };
  for (const auto& test : kCases) {
    const auto found = FirstAddress(test.address);
    ASSERT_TRUE(found.has_value()) << test.address;
    EXPECT_EQ(found->host, test.host);
    EXPECT_EQ(found->port, test.port);
    EXPECT_EQ(found->path, test.path);
  }
  EXPECT_FALSE(FirstAddress("xds:///a.test").has_value());
}

}  // namespace
}  // namespace segrid::internal
