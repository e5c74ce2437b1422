#include "tests/testing/plain_json.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

namespace segrid::testing {
namespace {

class Judge {
 public:
  explicit Judge(std::string_view text) : text_(text) {}

  JsonVerdict Run() {
    SkipWhite();
    verdict_.is_array = Peek() == '[';
    verdict_.valid = IsPlainUtf8(text_) && ReadValue(0);
    SkipWhite();
    verdict_.valid = verdict_.valid && at_ == text_.size();
    return verdict_;
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Eat(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void SkipWhite() {
    while (at_ < text_.size() &&
           std::string_view(" \t\n\r").find(text_[at_]) != text_.npos) {
      ++at_;
    }
  }

  bool ReadValue(std::size_t depth) {
    switch (Peek()) {
      case '{':
      case '[':
        return ReadBrackets(depth + 1);
      case '"':
        return ReadString();
      case 't':
        return Eat("true");
      case 'f':
        return Eat("false");
      case 'n':
        return Eat("null");
      default:
        return ReadNumber();
    }
  }

  bool ReadBrackets(std::size_t depth) {
    if (depth > kMaxJudgedDepth) return false;
    if (depth > verdict_.depth) verdict_.depth = depth;
    const bool object = Peek() == '{';
    const std::string_view close = object ? "}" : "]";
    ++at_;
    SkipWhite();
    if (Eat(close)) return true;
    do {
      SkipWhite();
      if (object) {
        if (!ReadString()) return false;
        SkipWhite();
        if (!Eat(":")) return false;
        SkipWhite();
      }
      if (!ReadValue(depth)) return false;
      SkipWhite();
    } while (Eat(","));
    return Eat(close);
  }

  bool ReadString() {
    if (!Eat("\"")) return false;
    bool high = false;  // The last character was a high surrogate.
    while (!Eat("\"")) {
      if (at_ == text_.size() || static_cast<unsigned char>(Peek()) < 0x20) {
        return false;
      }
      const bool escaped = Eat("\\");
      const char c = Peek();
      ++at_;
      int unit = 0;
      if (escaped && c == 'u') {
        if (!ReadHex(unit)) return false;
      } else if (escaped &&
                 std::string_view("\"\\/bfnrt").find(c) == text_.npos) {
        return false;
      }
      const bool low = (unit & 0xFC00) == 0xDC00;
      if (low != high) verdict_.lone_surrogate = true;
      high = (unit & 0xFC00) == 0xD800;
    }
    if (high) verdict_.lone_surrogate = true;
    return true;
  }

  bool ReadHex(int& unit) {
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = Peek();
      const bool digit = c >= '0' && c <= '9';
      const bool lower = c >= 'a' && c <= 'f';
      if (!digit && !lower && !(c >= 'A' && c <= 'F')) return false;
      unit = unit * 16 + (digit ? c - '0' : c - (lower ? 'a' : 'A') + 10);
    }
    return true;
  }

  bool ReadDigits() {
    const std::size_t start = at_;
    while (Peek() >= '0' && Peek() <= '9') ++at_;
    return at_ > start;
  }

  bool ReadNumber() {
    const std::size_t start = at_;
    Eat("-");
    if (!Eat("0") && !ReadDigits()) return false;
    bool integer = true;
    if (Eat(".")) {
      integer = false;
      if (!ReadDigits()) return false;
    }
    if (Eat("e") || Eat("E")) {
      integer = false;
      if (!Eat("+")) Eat("-");
      if (!ReadDigits()) return false;
    }
    if (!InRange(text_.substr(start, at_ - start), integer)) {
      verdict_.number_out_of_range = true;
    }
    return true;
  }

  static bool InRange(std::string_view number, bool integer) {
    const char* const end = number.data() + number.size();
    if (!integer) {
      return std::isfinite(std::strtod(std::string(number).c_str(), nullptr));
    }
    std::int64_t as_signed = 0;
    std::uint64_t as_unsigned = 0;
    return std::from_chars(number.data(), end, as_signed).ec == std::errc() ||
           std::from_chars(number.data(), end, as_unsigned).ec == std::errc();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  JsonVerdict verdict_;
};

}  // namespace

JsonVerdict JudgeJson(std::string_view text) { return Judge(text).Run(); }

std::string AsBrowsersRead(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  std::string text;
  std::string sequence;  // What was read of the character so far.
  std::size_t needed = 0;
  unsigned lower = 0x80;
  unsigned upper = 0xBF;
  for (std::size_t i = 0; i <= bytes.size();) {
    const bool is_end = i == bytes.size();
    const unsigned byte = is_end ? 0u : static_cast<unsigned char>(bytes[i]);
    if (needed > 0) {
      if (is_end || byte < lower || byte > upper) {
        text += "\uFFFD";  // The byte is read again, as a first one.
        needed = 0;
        sequence.clear();
      } else {
        sequence += static_cast<char>(byte);
        ++i;
        if (--needed == 0) text += std::exchange(sequence, "");
      }
      lower = 0x80;
      upper = 0xBF;
      continue;
    }
    if (is_end) break;
    ++i;
    if (byte < 0x80) {
      text += static_cast<char>(byte);
      continue;
    }
    if (byte >= 0xC2 && byte <= 0xDF) needed = 1;
    if (byte >= 0xE0 && byte <= 0xEF) needed = 2;
    if (byte >= 0xF0 && byte <= 0xF4) needed = 3;
    if (byte == 0xE0) lower = 0xA0;
    if (byte == 0xED) upper = 0x9F;
    if (byte == 0xF0) lower = 0x90;
    if (byte == 0xF4) upper = 0x8F;
    if (needed == 0) text += "\uFFFD";
    if (needed > 0) sequence = static_cast<char>(byte);
  }
  return text;
}

bool IsPlainUtf8(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte(i);
    const std::size_t more = first < 0x80              ? 0
                             : (first >> 5) == 0b110   ? 1
                             : (first >> 4) == 0b1110  ? 2
                             : (first >> 3) == 0b11110 ? 3
                                                       : 4;
    if (more == 4) return false;
    std::uint32_t point = more == 0 ? first : first & (0x3Fu >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
      point = point << 6 | (byte(i + k) & 0x3F);
    }
    constexpr std::uint32_t kFirst[] = {0, 0x80, 0x800, 0x10000};
    if (point < kFirst[more] || point > 0x10FFFF) return false;
    if (point >= 0xD800 && point < 0xE000) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace segrid::testing
