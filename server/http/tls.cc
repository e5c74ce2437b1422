#include "server/http/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
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

constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

// Of clients without tickets; each takes some KiB.
constexpr long kMaxCachedSessions = 1'024;

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

std::string_view BytesOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// The bytes of an address, or "" of what is none.
std::string AddressOf(const std::string& text) {
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) {
    return {bytes.data(), 4};
  }
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) {
    return {bytes.data(), 16};
  }
  return "";
}

// Whether a name of a certificate is `wanted`. An address, a URI and a host
// name look different, and each is compared with names of its own kind only:
// who may have any host name certified must not pass for an address.
bool IsName(const GENERAL_NAME& name, const std::string& wanted) {
  const std::string address = AddressOf(wanted);
  if (!address.empty()) {
    return name.type == GEN_IPADD && BytesOf(name.d.iPAddress) == address;
  }
  if (wanted.find(':') != std::string::npos) {
    return name.type == GEN_URI &&
           BytesOf(name.d.uniformResourceIdentifier) == wanted;
  }
  return name.type == GEN_DNS &&
         absl::EqualsIgnoreCase(
             absl::string_view(BytesOf(name.d.dNSName).data(),
                               BytesOf(name.d.dNSName).size()),
             wanted);
}

// True if the certificate has one of `names`.
bool HasName(const X509* certificate, const std::vector<std::string>& names) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> list(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(
          certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; list != nullptr && i < sk_GENERAL_NAME_num(list.get()); ++i) {
    const GENERAL_NAME& name = *sk_GENERAL_NAME_value(list.get(), i);
    if (std::any_of(names.begin(), names.end(), [&name](const auto& wanted) {
          return IsName(name, wanted);
        })) {
      return true;
    }
  }
  return false;
}

// Clients must show a certificate of `client_ca`, and with one of the allowed
// names where there are any.
absl::Status AskForCertificates(TlsSettings& settings, const config::Tls& tls) {
  SEGRID_ASSIGN_OR_RETURN(const std::string pem,
                          ReadPem("client_ca", tls.client_ca));
  ssl::context& context = settings.context;
  boost::system::error_code error;
  context.add_certificate_authority(boost::asio::buffer(pem), error);
  if (error) {
    return BadCertificate("client_ca", tls.client_ca,
                          "has no certificates in PEM form");
  }
  settings.asks_for_certificates = true;
  settings.allowed_sans = tls.allowed_sans;
  settings.rules = "ca ";
  settings.rules.append(pem);
  for (const std::string& name : tls.allowed_sans) {
    settings.rules.append("\nname ").append(name);
  }
  context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  if (tls.allowed_sans.empty()) return absl::OkStatus();
  context.set_verify_callback(
      [names = tls.allowed_sans](bool good, ssl::verify_context& verified) {
        X509_STORE_CTX* const store = verified.native_handle();
        const bool is_leaf = X509_STORE_CTX_get_error_depth(store) == 0;
        if (!good || !is_leaf ||
            HasName(X509_STORE_CTX_get_current_cert(store), names)) {
          return good;
        }
        // Else the client would be told of an internal error.
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
        return false;
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

// Replaces the rules by their digest, which also names the sessions.
void DigestRules(TlsSettings& settings) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(settings.rules.data()),
         settings.rules.size(), digest.data());
  settings.rules.assign(digest.begin(), digest.end());
  SSL_CTX_set_session_id_context(settings.context.native_handle(),
                                 digest.data(), digest.size());
}

void SetModes(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Of TLS 1.3 all are.
  SSL_CTX_set_cipher_list(context, kCiphers);
  // Nobody can make us shake hands again and again; idle connections are small.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS |
                                SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_sess_set_cache_size(context, kMaxCachedSessions);
  SSL_CTX_set_alpn_select_cb(context, ChooseProtocol, nullptr);
}

absl::StatusOr<TlsContext> Make(const config::Tls& tls, absl::Time now) {
  auto settings = std::make_shared<TlsSettings>();
  SSL_CTX* const native = settings->context.native_handle();
  SetModes(native);
  absl::Status pair = UsePair(settings->context, tls);
  if (!pair.ok()) return pair;
  if (absl::Status valid = CheckValidity(native, tls.cert, now); !valid.ok()) {
    return valid;
  }
  if (!tls.client_ca.empty()) {
    absl::Status asked = AskForCertificates(*settings, tls);
    if (!asked.ok()) return asked;
  }
  DigestRules(*settings);
  return settings;
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

bool ShowTheSame(TlsSettings& one, TlsSettings& other) {
  return X509_cmp(SSL_CTX_get0_certificate(one.context.native_handle()),
                  SSL_CTX_get0_certificate(other.context.native_handle())) == 0;
}

void ShareTickets(TlsSettings& from, TlsSettings& to) {
  SSL_CTX* const source = from.context.native_handle();
  const long size = SSL_CTX_get_tlsext_ticket_keys(source, nullptr, 0);
  std::vector<unsigned char> keys(static_cast<std::size_t>(size));
  if (SSL_CTX_get_tlsext_ticket_keys(source, keys.data(), size) == 1) {
    SSL_CTX_set_tlsext_ticket_keys(to.context.native_handle(), keys.data(),
                                   size);
  }
}

bool WouldAdmit(TlsSettings& settings, SSL* connection) {
  if (!settings.asks_for_certificates) return true;
  X509* const shown = SSL_get0_peer_certificate(connection);
  if (shown == nullptr) return false;
  if (!settings.allowed_sans.empty() &&
      !HasName(shown, settings.allowed_sans)) {
    return false;
  }
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check(
      X509_STORE_CTX_new(), X509_STORE_CTX_free);
  const bool good =
      X509_STORE_CTX_init(
          check.get(), SSL_CTX_get_cert_store(settings.context.native_handle()),
          shown, SSL_get_peer_cert_chain(connection)) == 1 &&
      X509_STORE_CTX_set_default(check.get(), "ssl_client") == 1 &&
      X509_verify_cert(check.get()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace segrid::httpd
