#include "client/cli/json_values.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace segrid::cli {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::size_t kNoEnd = std::string_view::npos;

Error BadLine(std::string_view text, std::size_t at, std::string_view what) {
  const auto line =
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at),
                 '\n') +
      1;
  Error error;
  error.code = ErrorCode::kInvalidArgument;
  error.message = "line " + std::to_string(line) + ": ";
  error.message += what;
  return error;
}

// The position after the string that begins before `at`. A line's end ends
// none: JSON has no line breaks in strings.
std::size_t EndOfString(std::string_view text, std::size_t at) {
  while (true) {
    at = text.find_first_of("\"\\\n", at);
    if (at == kNoEnd || text[at] == '\n') return kNoEnd;
    if (text[at] == '"') return at + 1;
    at += 2;
    if (at > text.size()) return kNoEnd;
  }
}

// The position after the object or array that begins at `at`.
std::size_t EndOfComposite(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (true) {
    at = text.find_first_of("\"[]{}", at);
    if (at == kNoEnd) return kNoEnd;
    const char c = text[at++];
    if (c == '"') {
      at = EndOfString(text, at);
      if (at == kNoEnd) return kNoEnd;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (--depth == 0) {
      return at;
    }
  }
}

// The same for any value; kNoEnd, too, for what can be none.
std::size_t EndOfValue(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == '{' || c == '[') return EndOfComposite(text, at);
  if (c == '"') return EndOfString(text, at + 1);
  if (std::string_view("-0123456789tfn").find(c) == kNoEnd) return kNoEnd;
  return std::min(text.find_first_of(kBlank, at), text.size());
}

// The elements of an array; what is no array as it is.
std::string_view ElementsOf(std::string_view value) {
  if (value.front() != '[') return value;
  value = value.substr(1, value.size() - 2);
  const bool empty = value.find_first_not_of(kBlank) == kNoEnd;
  return empty ? std::string_view() : value;
}

}  // namespace

Result<std::string> AsArray(std::string text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // A file's mark.
  const std::string_view all = text;
  std::size_t at = std::min(all.find_first_not_of(kBlank), all.size());
  if (at == all.size() || (all[at] != '{' && all[at] != '[')) return text;
  if (all[at] == '[') {
    const std::size_t end = EndOfComposite(all, at);
    // One array, or so wrong that its reader says it better.
    if (end == kNoEnd || all.find_first_not_of(kBlank, end) == kNoEnd) {
      return text;
    }
  }
  std::string array = "[";
  array.reserve(text.size() + 2);
  while (at < all.size()) {
    const std::size_t end = EndOfValue(all, at);
    if (end == kNoEnd) {
      return BadLine(all, at, "what begins here is no JSON value, or cut off");
    }
    const std::string_view elements = ElementsOf(all.substr(at, end - at));
    if (array.size() > 1 && !elements.empty()) array.push_back(',');
    array.append(elements);
    at = std::min(all.find_first_not_of(kBlank, end), all.size());
  }
  return array.append("]");
}

}  // namespace segrid::cli
