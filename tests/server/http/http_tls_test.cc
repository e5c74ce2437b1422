// TLS, with certificates made here.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "boost/asio/connect.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/read.hpp"
#include "boost/asio/ssl.hpp"
#include "boost/asio/write.hpp"
#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/http/tls.h"
#include "tests/client/certificates.h"
#include "tests/client/scratch_dir.h"
#include "tests/server/http/echo_listener.h"
#include "tests/server/http/raw_client.h"

namespace segrid::testing {
namespace {

namespace asio = boost::asio;
using ::testing::HasSubstr;

// The key in the file, under a passphrase.
std::string Locked(const std::string& file) {
  std::FILE* const plain = std::fopen(file.c_str(), "re");
  EVP_PKEY* const key = PEM_read_PrivateKey(plain, nullptr, nullptr, nullptr);
  std::fclose(plain);
  BIO* const out = BIO_new(BIO_s_mem());
  std::string word = "open sesame";
  PEM_write_bio_PKCS8PrivateKey(out, key, EVP_aes_128_cbc(), word.data(),
                                static_cast<int>(word.size()), nullptr,
                                nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  std::string locked(text, static_cast<std::size_t>(size));
  BIO_free(out);
  EVP_PKEY_free(key);
  return locked;
}

class HttpTls : public ::testing::Test {
 protected:
  HttpTls() {
    dir_.Write("ca.pem", authority_.cert);
    Write("server", "localhost");
    Write("client", "client.example");
  }
  void Write(const std::string& file, const std::string& name) {
    const tests::Certificate made = tests::MakeCertificate(authority_, name);
    dir_.Write(file + ".pem", made.cert);
    dir_.Write(file + ".key", made.key);
  }
  config::Tls Options() const {
    config::Tls tls;
    tls.cert = dir_.Path("server.pem");
    tls.key = dir_.Path("server.key");
    return tls;
  }
  static httpd::TlsContext Context(const config::Tls& tls) {
    const auto made = httpd::MakeTlsContext(tls, absl::Now());
    EXPECT_TRUE(made.ok()) << made.status();
    return *made;
  }
  std::string ReasonFor(const config::Tls& tls, absl::Time now) const {
    const auto made = httpd::MakeTlsContext(tls, now);
    EXPECT_EQ(base::ReasonOf(made.status()), "BAD_CERTIFICATE");
    return std::string(made.status().message());
  }

  // The first line of the answer to GET /hello; "" when there is none.
  std::string Ask(int port, bool with_certificate) const {
    asio::io_context io;
    asio::ssl::context context(asio::ssl::context::tls_client);
    context.load_verify_file(dir_.Path("ca.pem"));
    context.set_verify_mode(asio::ssl::verify_peer);
    if (with_certificate) {
      context.use_certificate_chain_file(dir_.Path("client.pem"));
      context.use_private_key_file(dir_.Path("client.key"),
                                   asio::ssl::context::pem);
    }
    asio::ssl::stream<asio::ip::tcp::socket> stream(io, context);
    boost::system::error_code error;
    stream.next_layer().connect(
        {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)},
        error);
    stream.handshake(asio::ssl::stream_base::client, error);
    if (error) return "";
    asio::write(stream,
                asio::buffer(GetText("/hello", "Connection: close\r\n")),
                error);
    std::string answer;
    asio::read(stream, asio::dynamic_buffer(answer), error);
    return answer.substr(0, answer.find("\r\n"));
  }

  config::Tls MutualOptions(std::vector<std::string> names = {}) const {
    config::Tls tls = Options();
    tls.client_ca = dir_.Path("ca.pem");
    tls.allowed_sans = std::move(names);
    return tls;
  }

  const tests::Certificate authority_ = tests::MakeAuthority();
  const tests::ScratchDir dir_;
};

// A client whose every step the test decides, with a certificate.
class TlsClient {
 public:
  TlsClient(const tests::ScratchDir& dir, int port, int version,
            SSL_SESSION* resume = nullptr, bool with_tickets = true) {
    context_.load_verify_file(dir.Path("ca.pem"));
    context_.use_certificate_chain_file(dir.Path("client.pem"));
    context_.use_private_key_file(dir.Path("client.key"),
                                  asio::ssl::context::pem);
    SSL_CTX* const native = context_.native_handle();
    SSL_CTX_set_min_proto_version(native, version);
    SSL_CTX_set_max_proto_version(native, version);
    if (!with_tickets) SSL_CTX_set_options(native, SSL_OP_NO_TICKET);
    stream_.emplace(io_, context_);
    if (resume != nullptr) SSL_set_session(ssl(), resume);
    stream_->next_layer().connect(
        {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)},
        error_);
  }

  // Else OpenSSL would not use the session again.
  ~TlsClient() {
    SSL_set_shutdown(ssl(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }

  SSL* ssl() { return stream_->native_handle(); }
  const boost::system::error_code& error() const { return error_; }

  // The status of the answer to GET /hello; 0 when there is none.
  int Ask() {
    if (!SSL_is_init_finished(ssl())) {
      stream_->handshake(asio::ssl::stream_base::client, error_);
    }
    if (!error_) asio::write(*stream_, asio::buffer(GetText("/hello")), error_);
    std::string answer;
    while (!error_ && answer.find("hello") == std::string::npos) {
      std::array<char, 4'096> bytes;
      answer.append(bytes.data(),
                    stream_->read_some(asio::buffer(bytes), error_));
    }
    return error_ || answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
  }
  bool WasResumed() { return SSL_session_reused(ssl()) == 1; }
  // The session for the next connection; owned by the caller.
  SSL_SESSION* Session() { return SSL_get1_session(ssl()); }
  // True when the server ends the connection within 10 s.
  bool IsClosed() {
    std::array<char, 16> bytes;
    const timeval limit = {10, 0};
    ::setsockopt(stream_->next_layer().native_handle(), SOL_SOCKET, SO_RCVTIMEO,
                 &limit, sizeof(limit));
    stream_->read_some(asio::buffer(bytes), error_);
    return error_ && error_ != asio::error::would_block;
  }

 private:
  asio::io_context io_;
  asio::ssl::context context_{asio::ssl::context::tls_client};
  std::optional<asio::ssl::stream<asio::ip::tcp::socket>> stream_;
  boost::system::error_code error_;
};

struct SessionCase {
  const char* name;
  int version;
  bool with_tickets;
};

class TlsSessions : public HttpTls,
                    public ::testing::WithParamInterface<SessionCase> {};

// A proxy in front resumes its sessions, and each of its requests is served.
TEST_P(TlsSessions, AreResumedAlsoWhereClientsShowCertificates) {
  EchoListener server(EchoListener::DefaultOptions(), Context(MutualOptions()));
  const auto [name, version, with_tickets] = GetParam();
  TlsClient first(dir_, server.port(), version, nullptr, with_tickets);
  ASSERT_EQ(first.Ask(), 200) << first.error().message();
  SSL_SESSION* const session = first.Session();
  for (int i = 0; i < 3; ++i) {
    TlsClient next(dir_, server.port(), version, session, with_tickets);
    EXPECT_EQ(next.Ask(), 200) << next.error().message();
    EXPECT_TRUE(next.WasResumed());
  }
  // Another certificate of the server's changes nothing for clients.
  Write("server", "localhost");
  server.listener().ReplaceTls(Context(MutualOptions()));
  TlsClient after(dir_, server.port(), version, session, with_tickets);
  EXPECT_EQ(after.Ask(), 200) << after.error().message();
  // Those with a ticket are resumed; the server's own memory of the others went
  // with the context.
  EXPECT_EQ(after.WasResumed(), with_tickets);
  SSL_SESSION_free(session);
}

// Who resumes a session shows no certificate, so it must not outlive the rules.
TEST_P(TlsSessions, AreNotResumedUnderOtherRules) {
  EchoListener server(EchoListener::DefaultOptions(),
                      Context(MutualOptions({"client.example"})));
  const auto [name, version, with_tickets] = GetParam();
  TlsClient first(dir_, server.port(), version, nullptr, with_tickets);
  ASSERT_EQ(first.Ask(), 200);
  SSL_SESSION* const session = first.Session();
  server.listener().ReplaceTls(Context(MutualOptions({"other.example"})));
  TlsClient refused(dir_, server.port(), version, session, with_tickets);
  EXPECT_EQ(refused.Ask(), 0);
  server.listener().ReplaceTls(
      Context(MutualOptions({"other.example", "client.example"})));
  TlsClient allowed(dir_, server.port(), version, session, with_tickets);
  EXPECT_EQ(allowed.Ask(), 200);
  EXPECT_FALSE(allowed.WasResumed());
  SSL_SESSION_free(session);
}

INSTANTIATE_TEST_SUITE_P(
    All, TlsSessions,
    ::testing::Values(SessionCase{"Tls12Tickets", TLS1_2_VERSION, true},
                      SessionCase{"Tls12Ids", TLS1_2_VERSION, false},
                      SessionCase{"Tls13Tickets", TLS1_3_VERSION, true}),
    [](const auto& each) { return each.param.name; });

// A kept-alive connection that the rules of now would not let in ends.
TEST_F(HttpTls, EndsOpenConnectionsThatAReloadShutsOut) {
  EchoListener server(EchoListener::DefaultOptions(),
                      Context(MutualOptions({"client.example", "a.example"})));
  TlsClient kept(dir_, server.port(), TLS1_3_VERSION);
  ASSERT_EQ(kept.Ask(), 200);
  server.listener().ReplaceTls(
      Context(MutualOptions({"client.example", "b.example"})));
  EXPECT_EQ(kept.Ask(), 200) << "its name is still there";
  const absl::Time before = absl::Now();
  server.listener().ReplaceTls(Context(MutualOptions({"b.example"})));
  EXPECT_TRUE(kept.IsClosed());
  EXPECT_LT(absl::Now() - before, absl::Seconds(5));
  EXPECT_EQ(server.listener()
                .counts()
                .cuts[static_cast<std::size_t>(httpd::Cut::kNotAdmitted)],
            1);
}

TEST_F(HttpTls, EndsOpenConnectionsOfAnAuthorityThatWasTakenAway) {
  EchoListener server(EchoListener::DefaultOptions(), Context(MutualOptions()));
  TlsClient kept(dir_, server.port(), TLS1_2_VERSION);
  ASSERT_EQ(kept.Ask(), 200);
  dir_.Write("other-ca.pem", tests::MakeAuthority().cert);
  config::Tls tls = MutualOptions();
  tls.client_ca = dir_.Path("other-ca.pem");
  server.listener().ReplaceTls(Context(tls));
  EXPECT_TRUE(kept.IsClosed());
}

TEST_F(HttpTls, SpeaksNoCiphersWithoutAuthentication) {
  EchoListener server(EchoListener::DefaultOptions(), Context(MutualOptions()));
  struct Cipher {
    const char* list;
    bool works;
  };
  for (const Cipher& each :
       {Cipher{"ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA", false},
        Cipher{"ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256", false},
        Cipher{"ECDHE+AESGCM", true}, Cipher{"ECDHE+CHACHA20", true}}) {
    TlsClient client(dir_, server.port(), TLS1_2_VERSION);
    SSL_set_cipher_list(client.ssl(), each.list);
    EXPECT_EQ(client.Ask() == 200, each.works) << each.list;
  }
}

// 42: bad certificate (RFC 8446, section 6).
TEST_F(HttpTls, TellsAClientThatItsCertificateIsNotTheRightOne) {
  EchoListener server(EchoListener::DefaultOptions(),
                      Context(MutualOptions({"other.example"})));
  TlsClient client(dir_, server.port(), TLS1_2_VERSION);
  EXPECT_EQ(client.Ask(), 0);
  EXPECT_EQ(ERR_GET_REASON(static_cast<unsigned long>(client.error().value())),
            SSL_R_SSLV3_ALERT_BAD_CERTIFICATE)
      << client.error().message();
}

// A name of one kind is no name of another.
TEST_F(HttpTls, ComparesNamesByTheirKind) {
  const tests::Certificate made =
      tests::MakeCertificate(authority_, "10.0.0.1");
  dir_.Write("client.pem", made.cert);
  dir_.Write("client.key", made.key);
  struct Name {
    const char* allowed;
    bool good;
  };
  // The certificate has the host name 10.0.0.1 and the address 127.0.0.1.
  for (const Name& each :
       {Name{"127.0.0.1", true}, Name{"10.0.0.1", false},
        Name{"::ffff:127.0.0.1", false}, Name{"spiffe://10.0.0.1", false}}) {
    EchoListener server(EchoListener::DefaultOptions(),
                        Context(MutualOptions({each.allowed})));
    EXPECT_EQ(Ask(server.port(), true) == "HTTP/1.1 200 OK", each.good)
        << each.allowed;
  }
}

// The oldest goes when too many shake hands, and good ones get through.
TEST_F(HttpTls, BoundsThoseThatShakeHands) {
  httpd::Options options = EchoListener::DefaultOptions();
  options.max_handshakes = 20;
  options.max_handshakes_per_peer = 10;
  EchoListener server(options, Context(Options()));
  std::vector<std::unique_ptr<RawClient>> half_open;
  for (int i = 0; i < 60; ++i) {
    half_open.push_back(std::make_unique<RawClient>(server.port()));
    half_open.back()->Send("\x16\x03\x01\x20");
    if (i % 20 != 19) continue;
    EXPECT_EQ(Ask(server.port(), false), "HTTP/1.1 200 OK");
  }
  for (std::size_t i = 0; i < 50; ++i) EXPECT_TRUE(half_open[i]->IsClosed());
  EXPECT_LE(server.listener().counts().open, 11);
  EXPECT_GE(server.listener()
                .counts()
                .cuts[static_cast<std::size_t>(httpd::Cut::kMadeRoom)],
            50);
}

constexpr char kOk[] = "HTTP/1.1 200 OK";

TEST_F(HttpTls, ServesOverTls) {
  EchoListener server(EchoListener::DefaultOptions(), Context(Options()));
  EXPECT_EQ(Ask(server.port(), false), kOk);
  EXPECT_TRUE(RawClient(server.port()).Ask(GetText("/hello")) == std::nullopt);
  EXPECT_EQ(Ask(server.port(), false), kOk);
  EXPECT_GE(server.listener()
                .counts()
                .cuts[static_cast<std::size_t>(httpd::Cut::kHandshake)],
            1);
}

TEST_F(HttpTls, AsksForCertificatesWhereConfigured) {
  config::Tls tls = Options();
  tls.client_ca = dir_.Path("ca.pem");
  EchoListener server(EchoListener::DefaultOptions(), Context(tls));
  EXPECT_EQ(Ask(server.port(), true), kOk);
  EXPECT_EQ(Ask(server.port(), false), "");
}

TEST_F(HttpTls, LooksAtTheNamesOfClients) {
  config::Tls tls = Options();
  tls.client_ca = dir_.Path("ca.pem");
  tls.allowed_sans = {"other.example", "client.example"};
  EchoListener allowed(EchoListener::DefaultOptions(), Context(tls));
  EXPECT_EQ(Ask(allowed.port(), true), kOk);
  tls.allowed_sans = {"127.0.0.1"};
  EchoListener by_address(EchoListener::DefaultOptions(), Context(tls));
  EXPECT_EQ(Ask(by_address.port(), true), kOk);
  tls.allowed_sans = {"other.example", "client.example.org"};
  EchoListener refused(EchoListener::DefaultOptions(), Context(tls));
  EXPECT_EQ(Ask(refused.port(), true), "");
}

TEST_F(HttpTls, TakesAnotherCertificateWhileItServes) {
  EchoListener server(EchoListener::DefaultOptions(), Context(Options()));
  EXPECT_EQ(Ask(server.port(), false), kOk);
  config::Tls tls = Options();
  tls.client_ca = dir_.Path("ca.pem");
  server.listener().ReplaceTls(Context(tls));
  EXPECT_EQ(Ask(server.port(), false), "");
  EXPECT_EQ(Ask(server.port(), true), kOk);
}

TEST_F(HttpTls, SaysWhatIsWrongWithTheFiles) {
  EXPECT_EQ(httpd::MakeTlsContext(config::Tls(), absl::Now()).value(), nullptr);
  config::Tls tls = Options();
  EXPECT_THAT(ReasonFor(tls, absl::Now() + absl::Hours(48)),
              HasSubstr("has expired"));
  EXPECT_THAT(ReasonFor(tls, absl::Now() - absl::Hours(48)),
              HasSubstr("not valid yet"));
  tls.key = dir_.Path("client.key");
  EXPECT_THAT(ReasonFor(tls, absl::Now()), HasSubstr("is not the key"));
  tls.key = dir_.Path("ca.pem");
  EXPECT_THAT(ReasonFor(tls, absl::Now()), HasSubstr("has no private key"));
  tls.key = dir_.Path("");
  EXPECT_THAT(ReasonFor(tls, absl::Now()), HasSubstr("http.tls.key: file '"));
  tls = Options();
  tls.cert = dir_.Path("nothing.pem");
  EXPECT_THAT(ReasonFor(tls, absl::Now()), HasSubstr("nothing.pem"));
  tls = Options();
  tls.client_ca = dir_.Path("server.key");
  EXPECT_THAT(ReasonFor(tls, absl::Now()), HasSubstr("server.key"));
}

TEST_F(HttpTls, NeverAsksForAPassphrase) {
  config::Tls tls = Options();
  tls.key = dir_.Write("locked.key", Locked(dir_.Path("server.key")));
  EXPECT_THAT(ReasonFor(tls, absl::Now()), HasSubstr("without a passphrase"));
}

TEST_F(HttpTls, KnowsWhetherACertificateIsAnother) {
  const httpd::TlsContext first = Context(Options());
  EXPECT_TRUE(httpd::ShowTheSame(*first, *Context(Options())));
  Write("server", "localhost");
  EXPECT_FALSE(httpd::ShowTheSame(*first, *Context(Options())));
}

}  // namespace
}  // namespace segrid::testing
