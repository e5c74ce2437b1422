#include "core/config/write_key.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "core/crypto/pasted_key.h"

namespace segrid::config {
namespace {

constexpr std::size_t kMaxSecretBytes = 1024;

using Words = std::pair<std::string_view, std::string_view>;

// What is no secret of any kind, and what to do with it.
constexpr std::array<Words, 5> kNoSecrets = {
    {{crypto::kVerificationKey,
      "is the verification key of a webhook (not shown here); it belongs under "
      "webhooks[].public_keys"},
     {"a private key",
      "is a private key (not shown here); replace it, and keep it secret"},
     {"a certificate", "is a certificate; give the key alone"},
     {"an RSA public key", "is an RSA public key; give the secret key alone"},
     {"the path of a file",
      "is the path of a file; write ${file:/path} for what stands in it"}}};
// What is one, but no write key.
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

}  // namespace

std::string_view CheckSecret(std::string_view secret) {
  if (secret.empty()) return "is empty; give a value or remove the key";
  if (secret == "***") {
    return "is the mask of a secret, not the secret; write ${ENV_NAME} or "
           "${file:/path}";
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
