#include "core/config/write_key.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "core/crypto/pasted_key.h"
#include "core/crypto/rs256_key.h"
#include "core/crypto/webhook_secret.h"

namespace segrid::config {
namespace {

constexpr std::size_t kMaxSecretBytes = 1024;

constexpr std::size_t kMaxHeaderBytes = 4096;
constexpr std::size_t kMaxPemBytes = 16'384;

using Words = std::pair<std::string_view, std::string_view>;

// Texts that are no secret of any kind, and advice for each.
constexpr std::array<Words, 5> kNoSecrets = {
    {{crypto::kVerificationKey,
      "is the verification key of a webhook (not shown here); it belongs under "
      "webhooks[].public_keys"},
     {"a private key",
      "is a private key (not shown here); replace it, and keep it secret"},
     {"a certificate", "is a certificate; give the key alone"},
     {"an RSA public key", "is an RSA public key; give the secret key alone"},
     {"the path of a file",
      "is the path of a file; write ${file:/path} for its contents"}}};
// Secrets that are no write key.
constexpr std::array<Words, 2> kNoWriteKeys = {
    {{"an API key of SendGrid's",
      "is an API key of SendGrid's (not shown here), which is needed nowhere "
      "here; write the write key of the receiver's source"},
     {"a JWT",
      "is a JWT (not shown here); write the write key of the receiver's "
      "source"}}};

template <std::size_t kCount>
std::string_view Find(const std::array<Words, kCount>& rows,
                      std::string_view text) {
  const std::string_view kind = crypto::DescribePasted(text);
  for (const auto& [name, problem] : rows) {
    if (name == kind) return problem;
  }
  return "";
}

// Nothing, or the mask that descriptions show.
std::string_view CheckPresence(std::string_view secret) {
  if (secret.empty()) return "is empty; give a value or remove the key";
  if (secret == "***") {
    return "is the mask of a secret, not the secret; write ${ENV_NAME} or "
           "${file:/path}";
  }
  return "";
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

}  // namespace

std::string_view CheckSecret(std::string_view secret) {
  if (const auto problem = CheckPresence(secret); !problem.empty()) {
    return problem;
  }
  if (const std::string_view problem = Find(kNoSecrets, secret);
      !problem.empty()) {
    return problem;
  }
  if (secret.size() > kMaxSecretBytes) return "is too long for a key";
  const auto is_bad = [](char c) { return c <= ' ' || c == 0x7F; };
  if (std::any_of(secret.begin(), secret.end(), is_bad)) {
    return "holds white space, a control character or a letter beyond ASCII "
           "(not shown here); give the key alone";
  }
  return "";
}

std::string_view CheckPassword(std::string_view password) {
  if (const auto problem = CheckPresence(password); !problem.empty()) {
    return problem;
  }
  if (password.size() > kMaxSecretBytes) return "is longer than 1 KiB";
  if (HasControl(password)) {
    return "holds a control character, such as a line end (not shown here); "
           "give user:password alone";
  }
  return "";
}

std::string_view CheckHeaderValue(std::string_view value) {
  if (const auto problem = CheckPresence(value); !problem.empty()) {
    return problem;
  }
  if (value.size() > kMaxHeaderBytes) return "is longer than 4 KiB";
  const bool beyond_ascii = std::any_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x80;
  });
  if (HasControl(value) || beyond_ascii || value.front() == ' ' ||
      value.back() == ' ') {
    return "holds a line end, another control character, a letter beyond "
           "ASCII, or a blank at an end (not shown here); give the value alone";
  }
  return "";
}

std::string_view CheckRsaKey(std::string_view pem) {
  if (const auto problem = CheckPresence(pem); !problem.empty()) return problem;
  if (pem.size() > kMaxPemBytes) return "is longer than 16 KiB";
  return crypto::Rs256Key::Parse(pem).ok()
             ? ""
             : "is no private RSA key of 2048 bits or more in PEM form without "
               "a passphrase (not shown here); write ${file:/path} of the key "
               "whose public half Segment has";
}

std::string_view CheckSigningSecret(std::string_view secret) {
  if (const auto problem = CheckPresence(secret); !problem.empty()) {
    return problem;
  }
  return crypto::ParseWebhookSecret(secret).has_value()
             ? ""
             : "is no key of Standard Webhooks (not shown here); it is whsec_ "
               "and the base64 of 24 to 64 bytes";
}

std::string_view CheckWriteKey(std::string_view key,
                               std::string_view receiver) {
  const std::string_view problem = CheckSecret(key);
  if (!problem.empty()) return problem;
  if (const std::string_view other = Find(kNoWriteKeys, key); !other.empty()) {
    return other;
  }
  if (receiver != "jitsu" && key.find(':') != std::string_view::npos) {
    return "holds a ':', which no key has; give the key alone";
  }
  return "";
}

std::string CheckPemFile(const std::string& path) {
  if (path.find("-----BEGIN") != std::string::npos) {
    return "is a PEM itself (not shown here); write it to a file, and the "
           "file's path here";
  }
  return path.find_first_of("\r\n") == std::string::npos
             ? ""
             : "holds a line break; give the path of one file";
}

}  // namespace segrid::config
