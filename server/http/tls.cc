#include "server/http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "boost/system/system_error.hpp"
#include "core/base/error_info.h"

namespace segrid::httpd {
namespace {

namespace ssl = boost::asio::ssl;

absl::Status BadCertificate(absl::string_view file, absl::string_view what) {
  ERR_clear_error();
  return base::MakeError(absl::StatusCode::kFailedPrecondition,
                         "BAD_CERTIFICATE",
                         absl::StrCat("'", file, "' ", what));
}

absl::Status CheckValidity(SSL_CTX* context, const std::string& file,
                           absl::Time now) {
  const X509* const leaf = SSL_CTX_get0_certificate(context);
  time_t at = absl::ToTimeT(now);
  if (X509_cmp_time(X509_get0_notBefore(leaf), &at) > 0) {
    return BadCertificate(file, "is not valid yet; check the clock");
  }
  if (X509_cmp_time(X509_get0_notAfter(leaf), &at) < 0) {
    return BadCertificate(file, "has expired; renew it");
  }
  return absl::OkStatus();
}

// Only http/1.1 is spoken here. Clients that offer nothing else are not told.
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* in, unsigned in_size, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof(kHttp11) - 1, in,
                            in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

absl::StatusOr<TlsContext> Make(const config::Tls& tls, absl::Time now) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  boost::system::error_code error;
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  // Nobody can make us shake hands again and again; idle connections are small.
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, ChooseProtocol, nullptr);
  context->use_certificate_chain_file(tls.cert, error);
  if (error) {
    return BadCertificate(tls.cert,
                          "cannot be read as a PEM file with certificates");
  }
  context->use_private_key_file(tls.key, ssl::context::pem, error);
  if (error) {
    return BadCertificate(
        tls.key, "cannot be read as the PEM of the certificate's private key");
  }
  if (SSL_CTX_check_private_key(native) != 1) {
    return BadCertificate(
        tls.key, absl::StrCat("is not the private key of '", tls.cert, "'"));
  }
  if (absl::Status valid = CheckValidity(native, tls.cert, now); !valid.ok()) {
    return valid;
  }
  if (tls.client_ca.empty()) return context;
  context->load_verify_file(tls.client_ca, error);
  if (error) {
    return BadCertificate(tls.client_ca,
                          "cannot be read as a PEM file with certificates");
  }
  context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert,
                           error);
  return context;
}

}  // namespace

absl::StatusOr<TlsContext> MakeTlsContext(const config::Tls& tls,
                                          absl::Time now) {
  if (tls.cert.empty()) return TlsContext();
  try {
    return Make(tls, now);
  } catch (const boost::system::system_error&) {
    return BadCertificate(tls.cert, "cannot be used: OpenSSL cannot be set up");
  }
}

}  // namespace segrid::httpd
