#include "core/config/write_key.h"

#include <cstddef>

namespace segrid::config {
namespace {

constexpr std::size_t kMaxKeyBytes = 1024;

}  // namespace

std::string_view CheckWriteKey(std::string_view key) {
  if (key.empty()) return "is empty; give a value or remove the key";
  if (key == "***") {
    return "is the mask of a secret, not the secret; write ${ENV_NAME} or "
           "${file:/path}";
  }
  if (key.size() > kMaxKeyBytes) return "is too long for a key";
  for (const char c : key) {
    if (c <= ' ' || c == 0x7F) {
      return "holds white space, a control character or a letter beyond ASCII "
             "(not shown here); give the key alone";
    }
    if (c == ':') return "holds a ':', which no key has; give the key alone";
  }
  return "";
}

}  // namespace segrid::config
