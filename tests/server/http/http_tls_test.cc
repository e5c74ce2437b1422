// TLS, with certificates made here.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstddef>
#include <cstdio>
#include <string>

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

  const tests::Certificate authority_ = tests::MakeAuthority();
  const tests::ScratchDir dir_;
};

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
