#include "client/cli/json_values.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "client/cli/event_check.h"
#include "client/cli/value_scanner.h"

namespace segrid::cli {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kMark = "\xEF\xBB\xBF";
constexpr std::size_t kNone = std::string_view::npos;

Error Invalid(std::string message) {
  Error error;
  error.code = ErrorCode::kInvalidArgument;
  error.message = std::move(message);
  return error;
}

// What is wrong with the first item that is; "" when none is.
std::string FirstFault(const std::string& text) {
  EventSplitter splitter = SplitText(text);
  EventCheck check;
  while (const auto item = *splitter.Next()) {
    std::string why = item->kind == ArchiveItem::Kind::kEvent
                          ? check.WhyNoEvent(item->text, item->byte)
                          : item->why;
    if (!why.empty()) return PlaceOf(*item) + ": " + why;
  }
  return "";
}

// Whether one array is all that `text` has, or what its reader names better.
bool IsOneArray(std::string_view text, std::size_t begin) {
  ValueScanner scanner;
  if (scanner.Scan(text.substr(begin), /*is_all=*/true) !=
      ValueScanner::Step::kDone) {
    return true;
  }
  return text.find_first_not_of(kBlank, begin + scanner.end()) == kNone;
}

// The items as elements.
Result<std::string> Join(const std::string& text) {
  std::string array = "[";
  array.reserve(text.size() + 2);
  EventSplitter splitter = SplitText(text);
  while (const auto item = *splitter.Next()) {
    if (item->kind != ArchiveItem::Kind::kEvent) {
      return Invalid(PlaceOf(*item) + ": " + item->why);
    }
    if (array.size() > 1) array.push_back(',');
    array.append(item->text);
  }
  if (const std::int64_t line = splitter.open_array_line(); line > 0) {
    return Invalid("line " + std::to_string(line) +
                   ": the array that begins here has no end");
  }
  return array.append("]");
}

}  // namespace

EventSplitter SplitText(const std::string& text) {
  return EventSplitter(
      [rest = std::string_view(text)](
          char* to, std::size_t size) mutable -> Result<std::size_t> {
        const std::size_t given = std::min(size, rest.size());
        std::memcpy(to, rest.data(), given);
        rest.remove_prefix(given);
        return given;
      },
      std::numeric_limits<std::size_t>::max());
}

Result<std::string> AsArray(std::string text) {
  // The mark stays until the end, so that places are those of the file.
  std::string_view body = text;
  if (body.starts_with(kMark)) body.remove_prefix(kMark.size());
  const std::size_t begin = body.find_first_not_of(kBlank);
  const char first = begin == kNone ? '\0' : body[begin];
  EventCheck check;
  if ((first == '{' || first == '[') &&
      (first == '{' || !IsOneArray(body, begin))) {
    Result<std::string> array = Join(text);
    if (array.ok() && check.WhyNoArray(*array).empty()) return array;
    return array.ok() ? Invalid(FirstFault(text)) : std::move(array).error();
  }
  std::string why = check.WhyNoArray(body);
  if (why.empty()) {
    text.erase(0, text.size() - body.size());
    return text;
  }
  const std::string fault = first == '[' ? FirstFault(text) : "";
  return Invalid(fault.empty() ? why : fault);
}

}  // namespace segrid::cli
