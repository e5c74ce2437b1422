#include "client/internal/json_elements.h"

#include <algorithm>

namespace segrid::internal {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
// Before the array the server skips one; the parts need none.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// The position after the string that begins before `at`; npos when it has no
// end.
std::size_t SkipString(std::string_view text, std::size_t at) {
  while (true) {
    at = text.find_first_of("\"\\", at);
    if (at == std::string_view::npos) return at;
    if (text[at] == '"') return at + 1;
    at += 2;  // The escaped character is no end.
    if (at > text.size()) return std::string_view::npos;
  }
}

// The end of the element that begins at `at`: the position of the comma after
// it or the end of `text`; nullopt when brackets or quotes do not match.
std::optional<std::size_t> EndOfElement(std::string_view text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    at = text.find_first_of("\"[]{},", at);
    if (at == std::string_view::npos) break;
    const char c = text[at];
    if (c == '"') {
      at = SkipString(text, at + 1);
      if (at == std::string_view::npos) return std::nullopt;
      continue;
    }
    if (c == ',' && depth == 0) return at;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && --depth < 0) return std::nullopt;
    ++at;
  }
  if (depth != 0) return std::nullopt;
  return text.size();
}

// Collects elements into runs.
class Runs {
 public:
  Runs(std::string_view text, const PartLimits& limits)
      : text_(text), limits_(limits) {}

  void Add(std::size_t begin, std::size_t end) {
    // A part is the run between two brackets.
    const bool fits = run_.count < limits_.max_events &&
                      end - begin_ + 2 <= limits_.max_bytes;
    if (run_.count > 0 && !fits) Close();
    if (run_.count == 0) begin_ = begin;
    end_ = end;
    ++run_.count;
  }

  std::vector<ElementRun> Take() {
    if (run_.count > 0) Close();
    return std::move(runs_);
  }

 private:
  void Close() {
    run_.text = text_.substr(begin_, end_ - begin_);
    runs_.push_back(run_);
    run_ = {.text = {}, .first = run_.first + run_.count, .count = 0};
  }

  const std::string_view text_;
  const PartLimits limits_;
  ElementRun run_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::vector<ElementRun> runs_;
};

}  // namespace

bool MayNeedParts(std::string_view json, const PartLimits& limits) {
  if (json.size() > limits.max_bytes) return true;
  const auto most = static_cast<std::size_t>(limits.max_events);
  // Two bytes per element at least: a digit and a comma.
  if (json.size() / 2 <= most) return false;
  return static_cast<std::size_t>(std::count(json.begin(), json.end(), ',')) >=
         most;
}

std::optional<std::vector<ElementRun>> CutArray(std::string_view json,
                                                const PartLimits& limits) {
  if (json.starts_with(kByteOrderMark)) {
    json.remove_prefix(kByteOrderMark.size());
  }
  json = Trim(json);
  if (json.size() < 2 || json.front() != '[' || json.back() != ']') {
    return std::nullopt;
  }
  const std::string_view inside = json.substr(1, json.size() - 2);
  Runs runs(inside, limits);
  if (Trim(inside).empty()) return runs.Take();
  std::size_t begin = 0;
  while (true) {
    const std::optional<std::size_t> end = EndOfElement(inside, begin);
    if (!end) return std::nullopt;
    if (Trim(inside.substr(begin, *end - begin)).empty()) return std::nullopt;
    runs.Add(begin, *end);
    if (*end == inside.size()) return runs.Take();
    begin = *end + 1;
  }
}

}  // namespace segrid::internal
