#include "core/crypto/pasted_key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>

#include "core/crypto/base64.h"

namespace segrid::crypto {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::size_t kMaxTextBytes = 64 << 10;
constexpr std::size_t kMinDerBytes = 32;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

std::string WithoutSpace(std::string_view text) {
  std::string dense;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') dense.push_back(c);
  }
  return dense;
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string_view NameOfPublic(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return "an RSA public key";
  std::array<char, 64> curve{};
  if (EVP_PKEY_is_a(key, "EC") == 1 &&
      EVP_PKEY_get_group_name(key, curve.data(), curve.size(), nullptr) == 1) {
    return std::string_view(curve.data()) == SN_X9_62_prime256v1
               ? kVerificationKey
               : "an EC public key of another curve than P-256";
  }
  return "a public key of another kind than ECDSA P-256";
}

std::string_view NameOfDer(const std::string& der) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(der.data());
  const auto size = static_cast<long>(der.size());
  const unsigned char* at = bytes;
  if (const Key key(d2i_PUBKEY(nullptr, &at, size), EVP_PKEY_free);
      key != nullptr) {
    return NameOfPublic(key.get());
  }
  at = bytes;
  if (const std::unique_ptr<X509, decltype(&X509_free)> certificate(
          d2i_X509(nullptr, &at, size), X509_free);
      certificate != nullptr) {
    return "a certificate";
  }
  at = bytes;
  if (const Key key(d2i_AutoPrivateKey(nullptr, &at, size), EVP_PKEY_free);
      key != nullptr) {
    return "a private key";
  }
  at = bytes;
  if (const Key key(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size),
                    EVP_PKEY_free);
      key != nullptr) {
    return "an RSA public key";
  }
  return "";
}

std::string_view NameOfBase64(std::string_view text) {
  const std::optional<std::string> der = DecodeBase64(WithoutSpace(text));
  if (!der.has_value() || der->size() < kMinDerBytes) return "";
  const std::string_view name = NameOfDer(*der);
  // OpenSSL's note about bytes that are no key would stay with the thread.
  ERR_clear_error();
  return name;
}

// `text` has a BEGIN line.
std::string_view NameOfPem(std::string_view text) {
  text.remove_prefix(text.find(kBegin) + kBegin.size());
  const std::size_t end = text.find("-----");
  const std::string_view label = text.substr(0, end);
  if (label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK")) {
    return "a private key";
  }
  if (label.ends_with("REQUEST")) return "a request for a certificate";
  if (label.ends_with("CERTIFICATE")) return "a certificate";
  if (label == "RSA PUBLIC KEY") return "an RSA public key";
  if (label != "PUBLIC KEY" || end == std::string_view::npos) return "a PEM";
  text.remove_prefix(end + 5);
  const std::string_view name = NameOfBase64(text.substr(0, text.find('-')));
  return name.empty() ? "a PEM" : name;
}

// `head.body.signature`, each base64url, of which the head is JSON.
bool IsJwt(std::string_view text) {
  return text.starts_with("eyJ") &&
         std::count(text.begin(), text.end(), '.') == 2;
}

bool IsPath(std::string_view text) {
  const bool has_ending = text.ends_with(".pem") || text.ends_with(".key") ||
                          text.ends_with(".pub") || text.ends_with(".crt");
  const bool has_start = text.starts_with("/") || text.starts_with("./") ||
                         text.starts_with("../");
  return has_start && has_ending &&
         text.find_first_of("\n?") == std::string_view::npos;
}

}  // namespace

std::string WithLineBreaks(std::string_view text) {
  std::string out(text);
  if (text.find(kBegin) == std::string_view::npos) return out;
  for (const std::string_view written : {"\\r", "\\n"}) {
    for (std::size_t at = out.find(written); at != std::string::npos;
         at = out.find(written, at)) {
      out.replace(at, written.size(), 1, '\n');
    }
  }
  return out;
}

std::string_view DescribePasted(std::string_view text) {
  if (text.size() > kMaxTextBytes) return "";
  const std::string_view bare = Trimmed(text);
  if (bare.starts_with("SG.")) return "an API key of SendGrid's";
  if (bare.find(kBegin) != std::string_view::npos) {
    return NameOfPem(WithLineBreaks(bare));
  }
  if (bare.starts_with("ssh-") || bare.starts_with("ecdsa-sha2-")) {
    return "a public key of SSH";
  }
  if (IsJwt(bare)) return "a JWT";
  if (IsPath(bare)) return "the path of a file";
  return NameOfBase64(bare);
}

}  // namespace segrid::crypto
