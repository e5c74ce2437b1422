#include "core/codec/utf8_repair.h"

namespace segrid::codec {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The bytes that may follow a first one: how many, and which the second may be.
struct Lead {
  std::size_t more = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

// The table of the Unicode Standard, 3.9; nothing follows a byte that cannot be
// the first one.
Lead LeadOf(unsigned char first) {
  if (first >= 0xC2 && first <= 0xDF) return {1};
  if (first == 0xE0) return {2, 0xA0};
  if (first == 0xED) return {2, 0x80, 0x9F};
  if (first >= 0xE1 && first <= 0xEF) return {2};
  if (first == 0xF0) return {3, 0x90};
  if (first >= 0xF1 && first <= 0xF3) return {3};
  if (first == 0xF4) return {3, 0x80, 0x8F};
  return {};
}

}  // namespace

Utf8Step ReadUtf8(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  if (byte(0) < 0x80) return {};
  const Lead lead = LeadOf(byte(0));
  Utf8Step step{.size = 1, .valid = lead.more > 0};
  while (step.valid && step.size <= lead.more) {
    const bool is_second = step.size == 1;
    const unsigned char low = is_second ? lead.low : 0x80;
    const unsigned char high = is_second ? lead.high : 0xBF;
    step.valid = step.size < text.size() && byte(step.size) >= low &&
                 byte(step.size) <= high;
    if (step.valid) ++step.size;
  }
  return step;
}

std::optional<std::int32_t> RepairUtf8(std::string_view body,
                                       std::string& repaired) {
  repaired.clear();
  std::int32_t strings = 0;
  bool in_string = false;
  bool is_bad = false;     // Something was replaced in this string.
  std::size_t copied = 0;  // Bytes of `body`.
  for (std::size_t at = 0; at < body.size();) {
    const char c = body[at];
    if (static_cast<unsigned char>(c) >= 0x80) {
      const Utf8Step step = ReadUtf8(body.substr(at));
      if (!step.valid) {
        if (!in_string) return std::nullopt;
        repaired.append(body, copied, at - copied).append(kReplacement);
        copied = at + step.size;
        is_bad = true;
      }
      at += step.size;
      continue;
    }
    if (c == '"') {
      strings += in_string && is_bad;
      in_string = !in_string;
      is_bad = false;
    } else if (c == '\\' && in_string && at + 1 < body.size() &&
               static_cast<unsigned char>(body[at + 1]) < 0x80) {
      ++at;  // An escaped quote ends no string.
    }
    ++at;
  }
  repaired.append(body, copied, body.size() - copied);
  return strings;
}

}  // namespace segrid::codec
