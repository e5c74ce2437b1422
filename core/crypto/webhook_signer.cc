#include "core/crypto/webhook_signer.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace segrid::crypto {
namespace {

constexpr const char* kCurve = "prime256v1";

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

EVP_PKEY* Raw(const std::shared_ptr<void>& key) {
  return static_cast<EVP_PKEY*>(key.get());
}

std::shared_ptr<void> Own(EVP_PKEY* key) {
  return {key, [](void* k) { EVP_PKEY_free(static_cast<EVP_PKEY*>(k)); }};
}

bool IsP256(EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t size = 0;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
         std::string_view(group.data(), size) == kCurve;
}

std::string Base64(std::string_view bytes) {
  return absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
}

// OpenSSL is out of memory or broken: nothing that a caller can work around.
void Require(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL failed to sign");
}

// Names the file that holds no private key that can be read.
std::string WhyNoPrivateKey(const std::string& pem) {
  const auto has = [&pem](const char* words) {
    return pem.find(words) != std::string::npos;
  };
  if (has("ENCRYPTED")) {
    return "has a passphrase; write it without one, as openssl pkey does";
  }
  if (has("PUBLIC KEY")) {
    return "is a public key, which checks signatures; a private key makes them";
  }
  if (has("CERTIFICATE")) return "is a certificate, not a private key";
  return "is no PEM file of an EC private key on P-256";
}

}  // namespace

absl::StatusOr<WebhookSigner> WebhookSigner::Load(const std::string& path) {
  const auto bad = [&path](const std::string& why) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": ", why, "; `segrid webhook-sign --new-key FILE` makes a key"));
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return bad(std::strerror(errno));
  std::ostringstream text;
  text << file.rdbuf();
  const std::string pem = text.str();
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                BIO_free);
  // Without this, OpenSSL asks the terminal for a passphrase.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  std::shared_ptr<void> key =
      Own(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (key == nullptr) return bad(WhyNoPrivateKey(pem));
  if (EVP_PKEY_get_base_id(Raw(key)) == EVP_PKEY_RSA) {
    return bad("is an RSA key, but SendGrid signs with EC keys on P-256");
  }
  if (!IsP256(Raw(key))) {
    return bad("is no key on the curve P-256, with which SendGrid signs");
  }
  return WebhookSigner(std::move(key));
}

WebhookSigner WebhookSigner::Generate() {
  std::shared_ptr<void> key =
      Own(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kCurve));
  Require(key != nullptr);
  return WebhookSigner(std::move(key));
}

std::string WebhookSigner::Sign(std::string_view timestamp,
                                std::string_view body) const {
  const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  Require(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr,
                             Raw(key_)) == 1 &&
          EVP_DigestSignUpdate(context.get(), timestamp.data(),
                               timestamp.size()) == 1 &&
          EVP_DigestSignUpdate(context.get(), body.data(), body.size()) == 1);
  std::size_t size = 0;
  Require(EVP_DigestSignFinal(context.get(), nullptr, &size) == 1);
  std::string der(size, '\0');
  Require(EVP_DigestSignFinal(context.get(),
                              reinterpret_cast<unsigned char*>(der.data()),
                              &size) == 1);
  der.resize(size);
  return Base64(der);
}

std::string WebhookSigner::PublicKey() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(Raw(key_), &der);
  Require(size > 0);
  std::string text = Base64(
      {reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return text;
}

std::string WebhookSigner::Pem() const {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  Require(PEM_write_bio_PKCS8PrivateKey(bio.get(), Raw(key_), nullptr, nullptr,
                                        0, nullptr, nullptr) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace segrid::crypto
