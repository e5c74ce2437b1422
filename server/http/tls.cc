#include "server/http/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/asio/buffer.hpp"
#include "boost/system/system_error.hpp"
#include "core/base/error_info.h"
#include "core/base/read_file.h"
#include "core/base/status_macros.h"

namespace segrid::httpd {
namespace {

namespace ssl = boost::asio::ssl;

constexpr std::size_t kMaxPemBytes = 1 << 20;

// `key` is that of the configuration, below http.tls.
absl::Status BadCertificate(absl::string_view key, absl::string_view file,
                            absl::string_view what) {
  ERR_clear_error();
  return base::MakeError(
      absl::StatusCode::kFailedPrecondition, "BAD_CERTIFICATE",
      absl::StrCat("http.tls.", key, ": file '", file, "' ", what));
}

absl::StatusOr<std::string> ReadPem(absl::string_view key,
                                    const std::string& file) {
  absl::StatusOr<std::string> text = base::ReadFile(file, kMaxPemBytes);
  if (text.ok()) return text;
  return BadCertificate(
      key, file,
      absl::StrCat(text.status().message(), ": check its path and its rights"));
}

absl::Status CheckValidity(SSL_CTX* context, const std::string& file,
                           absl::Time now) {
  const X509* const leaf = SSL_CTX_get0_certificate(context);
  time_t at = absl::ToTimeT(now);
  if (X509_cmp_time(X509_get0_notBefore(leaf), &at) > 0) {
    return BadCertificate("cert", file, "is not valid yet; check the clock");
  }
  if (X509_cmp_time(X509_get0_notAfter(leaf), &at) < 0) {
    return BadCertificate("cert", file, "has expired; renew it");
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

std::string NameOf(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS || name.type == GEN_URI) {
    const ASN1_STRING* const text = name.type == GEN_DNS
                                        ? name.d.dNSName
                                        : name.d.uniformResourceIdentifier;
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
  }
  if (name.type != GEN_IPADD) return "";
  const ASN1_STRING* const bytes = name.d.iPAddress;
  const bool is_v4 = ASN1_STRING_length(bytes) == 4;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (!is_v4 && ASN1_STRING_length(bytes) != 16) return "";
  ::inet_ntop(is_v4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(bytes),
              text.data(), text.size());
  return text.data();
}

// True if the certificate has one of `names`.
bool HasName(const X509* certificate, const std::vector<std::string>& names) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> list(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(
          certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; list != nullptr && i < sk_GENERAL_NAME_num(list.get()); ++i) {
    const std::string name = NameOf(*sk_GENERAL_NAME_value(list.get(), i));
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  }
  return false;
}

// Clients must show a certificate of `client_ca`, and with one of the allowed
// names where there are any.
absl::Status AskForCertificates(ssl::context& context, const config::Tls& tls) {
  SEGRID_ASSIGN_OR_RETURN(const std::string pem,
                          ReadPem("client_ca", tls.client_ca));
  boost::system::error_code error;
  context.add_certificate_authority(boost::asio::buffer(pem), error);
  if (error) {
    return BadCertificate("client_ca", tls.client_ca,
                          "has no certificates in PEM form");
  }
  context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  if (tls.allowed_sans.empty()) return absl::OkStatus();
  context.set_verify_callback([names = tls.allowed_sans](
                                  bool good, ssl::verify_context& verified) {
    X509_STORE_CTX* const store = verified.native_handle();
    const bool is_leaf = X509_STORE_CTX_get_error_depth(store) == 0;
    return good &&
           (!is_leaf || HasName(X509_STORE_CTX_get_current_cert(store), names));
  });
  return absl::OkStatus();
}

// Else OpenSSL would ask for it on the terminal, and wait.
int NoPassphrase(char*, int, int, void*) { return 0; }

// The certificate with its chain, and its key.
absl::Status UsePair(ssl::context& context, const config::Tls& tls) {
  SEGRID_ASSIGN_OR_RETURN(const std::string cert, ReadPem("cert", tls.cert));
  SEGRID_ASSIGN_OR_RETURN(const std::string key, ReadPem("key", tls.key));
  boost::system::error_code error;
  context.use_certificate_chain(boost::asio::buffer(cert), error);
  if (error) {
    return BadCertificate("cert", tls.cert, "has no certificate in PEM form");
  }
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(
      BIO_new_mem_buf(key.data(), static_cast<int>(key.size())), BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> parsed(
      PEM_read_bio_PrivateKey(text.get(), nullptr, NoPassphrase, nullptr),
      EVP_PKEY_free);
  if (parsed == nullptr) {
    return BadCertificate(
        "key", tls.key, "has no private key in PEM form without a passphrase");
  }
  SSL_CTX* const native = context.native_handle();
  if (SSL_CTX_use_PrivateKey(native, parsed.get()) != 1 ||
      SSL_CTX_check_private_key(native) != 1) {
    return BadCertificate("key", tls.key, "is not the key of the certificate");
  }
  return absl::OkStatus();
}

absl::StatusOr<TlsContext> Make(const config::Tls& tls, absl::Time now) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  // Nobody can make us shake hands again and again; idle connections are small.
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, ChooseProtocol, nullptr);
  absl::Status pair = UsePair(*context, tls);
  if (!pair.ok()) return pair;
  if (absl::Status valid = CheckValidity(native, tls.cert, now); !valid.ok()) {
    return valid;
  }
  if (!tls.client_ca.empty()) {
    absl::Status asked = AskForCertificates(*context, tls);
    if (!asked.ok()) return asked;
  }
  return context;
}

}  // namespace

absl::StatusOr<TlsContext> MakeTlsContext(const config::Tls& tls,
                                          absl::Time now) {
  if (tls.cert.empty()) return TlsContext();
  try {
    return Make(tls, now);
  } catch (const boost::system::system_error&) {
    return BadCertificate("cert", tls.cert,
                          "cannot be used: OpenSSL cannot be set up");
  }
}

bool ShowTheSame(ssl::context& one, ssl::context& other) {
  return X509_cmp(SSL_CTX_get0_certificate(one.native_handle()),
                  SSL_CTX_get0_certificate(other.native_handle())) == 0;
}

}  // namespace segrid::httpd
