#include "client/internal/probe_tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstddef>
#include <string_view>

#include "client/internal/forget_errors.h"
#include "client/internal/http2_beginning.h"

namespace segrid::internal {
namespace {

constexpr std::size_t kMaxText = 200;
constexpr int kMaxNames = 8;

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Context = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, Freer<SSL_free>>;
using Memory = std::unique_ptr<BIO, Freer<BIO_free_all>>;

std::string Drain(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  (void)BIO_reset(bio);
  return text;
}

std::string Cut(std::string text) {
  if (text.size() > kMaxText) text = text.substr(0, kMaxText) + "…";
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  return text;
}

std::string TextOf(const X509_NAME* name) {
  const Memory out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  return Cut(Drain(out.get()));
}

std::string TextOf(const ASN1_TIME* time) {
  const Memory out(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(out.get(), time);
  return Drain(out.get());
}

// The names of a certificate, as it has them.
std::string NamesOf(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>> list(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(
          certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string names;
  for (int i = 0;
       list != nullptr && i < sk_GENERAL_NAME_num(list.get()) && i < kMaxNames;
       ++i) {
    const Memory out(BIO_new(BIO_s_mem()));
    GENERAL_NAME_print(out.get(), sk_GENERAL_NAME_value(list.get(), i));
    names.append(names.empty() ? "" : ", ").append(Drain(out.get()));
  }
  return names.empty() ? "no name" : Cut(names);
}

bool IsFor(X509* certificate, const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  const bool is_address = inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
                          inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
  return is_address ? X509_check_ip_asc(certificate, name.c_str(), 0) == 1
                    : X509_check_host(certificate, name.c_str(), name.size(), 0,
                                      nullptr) == 1;
}

std::string AuthoritiesOf(const SSL* ssl) {
  const STACK_OF(X509_NAME)* const list = SSL_get0_peer_CA_list(ssl);
  std::string names;
  for (int i = 0; i < sk_X509_NAME_num(list) && i < kMaxNames; ++i) {
    names.append(names.empty() ? "" : "; ")
        .append(TextOf(sk_X509_NAME_value(list, i)));
  }
  return Cut(names);
}

Context MakeContext(const TlsOptions& tls, bool& asked) {
  Context context(SSL_CTX_new(TLS_client_method()));
  if (tls.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else {
    SSL_CTX_load_verify_locations(context.get(), tls.ca_file.c_str(), nullptr);
  }
  if (!tls.cert_file.empty()) {
    SSL_CTX_use_certificate_chain_file(context.get(), tls.cert_file.c_str());
    SSL_CTX_use_PrivateKey_file(context.get(), tls.key_file.c_str(),
                                SSL_FILETYPE_PEM);
  }
  SSL_CTX_set_cert_cb(
      context.get(),
      [](SSL*, void* told) {
        *static_cast<bool*>(told) = true;
        return 1;
      },
      &asked);
  static constexpr unsigned char kHttp2[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), kHttp2, sizeof(kHttp2));
  return context;
}

// Repeats `step` while it wants bytes. What it came to, as SSL_get_error.
template <typename Step>
int Exchange(SSL* ssl, ProbeSocket& socket, TlsOutcome& outcome,
             const Step& step) {
  for (;;) {
    ERR_clear_error();
    const int result = step();
    const int error = SSL_get_error(ssl, result);
    if (!socket.Send(Drain(SSL_get_wbio(ssl)))) outcome.is_closed = true;
    if (result > 0 || error != SSL_ERROR_WANT_READ) return error;
    const std::string bytes = socket.Receive();
    if (bytes.empty()) {
      outcome.is_closed = outcome.is_closed || socket.is_closed();
      return error;
    }
    if (outcome.first_bytes.empty()) {
      outcome.first_bytes = bytes.substr(0, 16);
      outcome.is_no_tls = bytes[0] != '\x16' && bytes[0] != '\x15';
      if (outcome.is_no_tls) return error;
    }
    BIO_write(SSL_get_rbio(ssl), bytes.data(), static_cast<int>(bytes.size()));
  }
}

void NoteCertificate(SSL* ssl, const std::string& name, TlsOutcome& outcome) {
  X509* const shown = SSL_get0_peer_certificate(ssl);
  if (shown == nullptr) return;
  outcome.verify_result = SSL_get_verify_result(ssl);
  outcome.has_name = IsFor(shown, name);
  outcome.names = NamesOf(shown);
  outcome.issuer = TextOf(X509_get_issuer_name(shown));
  outcome.begins = TextOf(X509_get0_notBefore(shown));
  outcome.ends = TextOf(X509_get0_notAfter(shown));
  outcome.wanted_authorities = AuthoritiesOf(ssl);
  const unsigned char* protocol = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(ssl, &protocol, &length);
  outcome.speaks_http2 =
      length == 2 && protocol[0] == 'h' && protocol[1] == '2';
}

void NoteOwnCertificate(const SSL_CTX* context, TlsOutcome& outcome) {
  const X509* const own = SSL_CTX_get0_certificate(context);
  if (own == nullptr) return;
  const ASN1_TIME* const end = X509_get0_notAfter(own);
  if (X509_cmp_current_time(end) < 0) outcome.own_ended = TextOf(end);
}

}  // namespace

TlsOutcome ShakeHands(ProbeSocket& socket, const TlsOptions& tls,
                      const std::string& name) {
  const ForgetErrors forget;
  TlsOutcome outcome;
  const Context context = MakeContext(tls, outcome.asked_for_certificate);
  NoteOwnCertificate(context.get(), outcome);
  const Connection ssl(SSL_new(context.get()));
  BIO* const in = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in, -1);
  SSL_set_bio(ssl.get(), in, BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl.get());
  SSL_set_tlsext_host_name(ssl.get(), name.c_str());
  int error = Exchange(ssl.get(), socket, outcome,
                       [&ssl] { return SSL_do_handshake(ssl.get()); });
  outcome.is_done = SSL_is_init_finished(ssl.get()) == 1;
  NoteCertificate(ssl.get(), name, outcome);
  if (outcome.is_done) {
    Exchange(ssl.get(), socket, outcome, [&ssl] {
      return SSL_write(ssl.get(), kHttp2Beginning.data(),
                       static_cast<int>(kHttp2Beginning.size()));
    });
    char byte = 0;
    error = Exchange(ssl.get(), socket, outcome,
                     [&] { return SSL_read(ssl.get(), &byte, 1); });
  }
  if (error == SSL_ERROR_SSL) outcome.error = ERR_GET_REASON(ERR_peek_error());
  return outcome;
}

}  // namespace segrid::internal
