#include "bench/micro/https_sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>

namespace segrid::bench {
namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "Content-Length: 16\r\n\r\n{\"success\":true}";

void Check(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::abort();
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Cert = std::unique_ptr<X509, decltype(&X509_free)>;

Cert MakeCert(EVP_PKEY* key) {
  Cert cert(X509_new(), X509_free);
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 24 * 60 * 60);
  X509_set_pubkey(cert.get(), key);
  X509_NAME* name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(
      name, "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(cert.get(), name);
  for (const auto& [nid, value] :
       {std::pair(NID_subject_alt_name, "DNS:localhost"),
        std::pair(NID_basic_constraints, "critical,CA:TRUE")}) {
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    X509_add_ext(cert.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  Check(X509_sign(cert.get(), key, EVP_sha256()) > 0, "signing");
  return cert;
}

// Reads to the end of the next request; false at the end of the connection.
bool SkipRequest(SSL* ssl) {
  std::array<char, 1 << 16> block;
  std::string head;
  std::size_t end = std::string::npos;
  while (end == std::string::npos) {
    const int got = SSL_read(ssl, block.data(), block.size());
    if (got <= 0) return false;
    head.append(block.data(), static_cast<std::size_t>(got));
    end = head.find("\r\n\r\n");
  }
  const std::size_t at = head.find("Content-Length: ") + 16;
  std::size_t length = 0;
  std::from_chars(head.data() + at, head.data() + end, length);
  std::size_t got_body = head.size() - end - 4;
  while (got_body < length) {
    const int got = SSL_read(ssl, block.data(), block.size());
    if (got <= 0) return false;
    got_body += static_cast<std::size_t>(got);
  }
  return true;
}

void Serve(SSL_CTX* context, int socket) {
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, socket);
  if (SSL_accept(ssl) == 1) {
    while (SkipRequest(ssl) &&
           SSL_write(ssl, kAnswer.data(), static_cast<int>(kAnswer.size())) >
               0) {
    }
  }
  SSL_free(ssl);
  ::close(socket);
}

[[noreturn]] void Run(int listener, EVP_PKEY* key, X509* cert) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGPIPE, SIG_IGN);
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate(context, cert);
  SSL_CTX_use_PrivateKey(context, key);
  while (true) {
    const int socket = ::accept(listener, nullptr, nullptr);
    if (socket < 0) continue;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    std::thread([context, socket] { Serve(context, socket); }).detach();
  }
}

}  // namespace

HttpsSink::HttpsSink() {
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Cert cert = MakeCert(key.get());
  std::string path = "/tmp/segrid-bench-ca-XXXXXX";
  const int file = ::mkstemp(path.data());
  FILE* stream = ::fdopen(file, "w");
  Check(stream != nullptr && PEM_write_X509(stream, cert.get()) == 1, "PEM");
  std::fclose(stream);
  ca_file_ = path;

  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  Check(::bind(listener, any, size) == 0 && ::listen(listener, 64) == 0 &&
            ::getsockname(listener, any, &size) == 0,
        "listening");
  port_ = ntohs(address.sin_port);
  child_ = ::fork();
  Check(child_ >= 0, "fork");
  if (child_ == 0) Run(listener, key.get(), cert.get());
  ::close(listener);
}

HttpsSink::~HttpsSink() {
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
  ::unlink(ca_file_.c_str());
}

}  // namespace segrid::bench
