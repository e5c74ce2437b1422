#include "server/rpc/tls_files.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/error_info.h"
#include "core/base/read_file.h"
#include "core/base/status_macros.h"

namespace segrid::rpc {
namespace {

constexpr std::size_t kMaxPemBytes = 1 << 20;

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

absl::Status BadFile(std::string_view key, const std::string& path,
                     std::string_view what) {
  ERR_clear_error();  // OpenSSL's queue belongs to the thread, not to us.
  return base::MakeError(absl::StatusCode::kFailedPrecondition,
                         "BAD_CERTIFICATE",
                         std::string("grpc.tls.")
                             .append(key)
                             .append(": file '")
                             .append(path)
                             .append("' ")
                             .append(what));
}

absl::StatusOr<std::string> ReadFile(std::string_view key,
                                     const std::string& path) {
  absl::StatusOr<std::string> text = base::ReadFile(path, kMaxPemBytes);
  if (!text.ok()) {
    return BadFile(key, path,
                   std::string(text.status().message()) +
                       ": check its path and its rights");
  }
  if (text->empty()) return BadFile(key, path, "is empty");
  return text;
}

Bio Open(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
             &BIO_free);
}

Certificate ParseCertificate(const std::string& pem) {
  return Certificate(
      PEM_read_bio_X509(Open(pem).get(), nullptr, nullptr, nullptr),
      &X509_free);
}

// Never asks for a passphrase on the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

Key ParseKey(const std::string& pem) {
  return Key(
      PEM_read_bio_PrivateKey(Open(pem).get(), nullptr, &NoPassphrase, nullptr),
      &EVP_PKEY_free);
}

absl::Status CheckPair(const config::Tls& tls, const std::string& cert_pem,
                       const std::string& key_pem, absl::Time now) {
  const Certificate certificate = ParseCertificate(cert_pem);
  if (certificate == nullptr) {
    return BadFile("cert", tls.cert, "has no certificate in PEM form");
  }
  const Key key = ParseKey(key_pem);
  if (key == nullptr) {
    return BadFile("key", tls.key,
                   "has no private key in PEM form without a passphrase");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return BadFile("key", tls.key, "is not the key of the certificate");
  }
  std::time_t seconds = absl::ToTimeT(now);
  if (X509_cmp_time(X509_get0_notAfter(certificate.get()), &seconds) < 0) {
    return BadFile("cert", tls.cert, "has expired: renew it");
  }
  if (X509_cmp_time(X509_get0_notBefore(certificate.get()), &seconds) > 0) {
    return BadFile("cert", tls.cert,
                   "is not valid yet: check the machine's clock");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TlsFiles> ReadTlsFiles(const config::Tls& tls, absl::Time now) {
  TlsFiles files;
  SEGRID_ASSIGN_OR_RETURN(files.cert, ReadFile("cert", tls.cert));
  SEGRID_ASSIGN_OR_RETURN(files.key, ReadFile("key", tls.key));
  SEGRID_RETURN_IF_ERROR(CheckPair(tls, files.cert, files.key, now));
  if (tls.client_ca.empty()) return files;
  SEGRID_ASSIGN_OR_RETURN(files.client_ca,
                          ReadFile("client_ca", tls.client_ca));
  if (ParseCertificate(files.client_ca) == nullptr) {
    return BadFile("client_ca", tls.client_ca,
                   "has no certificate in PEM form");
  }
  return files;
}

}  // namespace segrid::rpc
