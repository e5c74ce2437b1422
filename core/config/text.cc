#include "core/config/text.h"

#include <algorithm>
#include <cstddef>

namespace segrid::config {
namespace {

constexpr std::size_t kMaxShown = 120;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

}  // namespace

std::string Concat(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out.append(part);
  return out;
}

std::string List(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) {
    if (!out.empty()) out.append(", ");
    out.append(name);
  }
  return out;
}

std::string ShownKey(std::string_view key) {
  const auto end = std::find_if_not(key.begin(), key.end(), IsNameCharacter);
  const auto length = std::min<std::size_t>(
      static_cast<std::size_t>(end - key.begin()), kMaxShown);
  return Concat({key.substr(0, length), length < key.size() ? "…" : ""});
}

std::string ShownValue(std::string_view value) {
  std::size_t length = std::min(value.size(), kMaxShown);
  // Not through the middle of a character.
  while (length < value.size() && length > 0 &&
         (static_cast<unsigned char>(value[length]) & 0xC0) == 0x80) {
    --length;
  }
  std::string shown(value.substr(0, length));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return Concat({"'", shown, length < value.size() ? "…'" : "'"});
}

}  // namespace segrid::config
