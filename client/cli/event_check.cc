#include "client/cli/event_check.h"

#include <charconv>
#include <cstddef>
#include <utility>

namespace segrid::cli {
namespace {

// `text` with `by` added to the numbers behind the word `byte`.
std::string ShiftBytes(std::string text, std::int64_t by) {
  constexpr std::string_view kWord = "byte ";
  std::size_t at = 0;
  while ((at = text.find(kWord, at)) != std::string::npos) {
    at += kWord.size();
    std::int64_t number = 0;
    const char* const begin = text.data() + at;
    const auto [end, failed] =
        std::from_chars(begin, text.data() + text.size(), number);
    if (failed != std::errc()) continue;
    text.replace(at, static_cast<std::size_t>(end - begin),
                 std::to_string(number + by));
  }
  return text;
}

void Remove(std::string& text, std::string_view part) {
  const std::size_t at = text.find(part);
  if (at != std::string::npos) text.erase(at, part.size());
}

}  // namespace

std::string EventCheck::WhyNoArray(std::string_view array) {
  using Step = codec::JsonReader::Step;
  if (const absl::Status status = reader_.Open(array); !status.ok()) {
    return std::string(status.message());
  }
  Step step = reader_.Next(event_);
  while (step == Step::kEvent || step == Step::kNotAnObject) {
    step = reader_.Next(event_);
  }
  return step == Step::kEnd ? "" : std::string(reader_.status().message());
}

std::string EventCheck::WhyNoEvent(std::string_view event, std::int64_t byte) {
  array_.clear();
  array_.push_back('[');
  array_.append(event).push_back(']');
  std::string why = WhyNoArray(array_);
  // These words are about the array that was made of it.
  Remove(why, "the body is not JSON: ");
  Remove(why, ", in element 0");
  if (why.empty()) return why;
  return "not JSON: " + ShiftBytes(std::move(why), byte - 1);
}

}  // namespace segrid::cli
