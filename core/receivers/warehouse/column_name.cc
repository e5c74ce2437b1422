#include "core/receivers/warehouse/column_name.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/crypto/sha256.h"

namespace segrid::receivers::warehouse {
namespace {

constexpr std::size_t kHashDigits = 8;

std::string ShortHash(std::string_view text) {
  std::string digits(kHashDigits, '\0');
  crypto::WriteHex(crypto::Sha256().Hash(text), kHashDigits, digits.data());
  return digits;
}

// True when a word begins at `i`: after a small letter or a digit ("userAgent",
// "part2Name"), or at the last capital of several ("HTTPCode").
bool BeginsWord(std::string_view name, std::size_t i) {
  if (i == 0 || !absl::ascii_isupper(static_cast<unsigned char>(name[i]))) {
    return false;
  }
  const auto before = static_cast<unsigned char>(name[i - 1]);
  if (absl::ascii_islower(before) || absl::ascii_isdigit(before)) return true;
  return absl::ascii_isupper(before) && i + 1 < name.size() &&
         absl::ascii_islower(static_cast<unsigned char>(name[i + 1]));
}

}  // namespace

std::string SnakeCase(std::string_view name) {
  std::string snake;
  bool separate = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (!absl::ascii_isalnum(c)) {
      separate = true;
      continue;
    }
    if ((separate || BeginsWord(name, i)) && !snake.empty()) snake += '_';
    separate = false;
    snake += absl::ascii_tolower(c);
  }
  if (snake.empty()) return absl::StrCat("_", ShortHash(name));
  if (absl::ascii_isdigit(static_cast<unsigned char>(snake[0]))) {
    snake.insert(snake.begin(), '_');
  }
  if (snake.size() <= kMaxNameBytes) return snake;
  snake.resize(kMaxNameBytes - kHashDigits - 1);
  return absl::StrCat(snake, "_", ShortHash(name));
}

std::string Quoted(std::string_view name) {
  const std::string inside =
      absl::StrReplaceAll({name.data(), name.size()}, {{"\"", "\"\""}});
  return absl::StrCat("\"", inside, "\"");
}

}  // namespace segrid::receivers::warehouse
