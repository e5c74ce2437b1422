#include "core/config/write_key.h"

#include <algorithm>
#include <cstddef>

namespace segrid::config {
namespace {

constexpr std::size_t kMaxSecretBytes = 1024;

}  // namespace

std::string_view CheckSecret(std::string_view secret) {
  if (secret.empty()) return "is empty; give a value or remove the key";
  if (secret == "***") {
    return "is the mask of a secret, not the secret; write ${ENV_NAME} or "
           "${file:/path}";
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
  if (receiver != "jitsu" && key.find(':') != std::string_view::npos) {
    return "holds a ':', which no key has; give the key alone";
  }
  return "";
}

}  // namespace segrid::config
