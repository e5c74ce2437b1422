#include "client/cli/backfill_progress.h"

#include <cstddef>
#include <string_view>
#include <utility>

#include "core/crypto/sha256.h"

namespace segrid::cli {
namespace {

constexpr std::size_t kMarkDigits = 16;
constexpr std::string_view kBlank = " \t\r\n";

// Names the event `index` of `part`.
std::string MarkOf(const internal::ElementRun& part, std::size_t index) {
  std::string array = "[";
  array.append(part.text).append("]");
  const auto events =
      internal::CutArray(array, {.max_bytes = array.size(), .max_events = 1});
  if (!events || index >= events->size()) return "";
  std::string_view event = (*events)[index].text;
  // What stands around it changes when the file grows.
  event.remove_prefix(event.find_first_not_of(kBlank));
  event = event.substr(0, event.find_last_not_of(kBlank) + 1);
  std::string mark(kMarkDigits, '\0');
  crypto::WriteHex(crypto::Sha256().Hash(event), kMarkDigits, mark.data());
  return mark;
}

}  // namespace

std::int64_t BackfillProgress::Done(
    const std::string& file, const std::vector<internal::ElementRun>& parts) {
  std::int64_t done_before = 0;
  for (const auto& [name, done] : notes_.all()) {
    if (name.size() != kMarkDigits + 1 + file.size()) continue;
    if (!name.ends_with(" " + file)) continue;
    name_of_[file] = name;
    for (const internal::ElementRun& part : parts) {
      if (done <= part.first || done > part.first + part.count) continue;
      const auto last = static_cast<std::size_t>(done - part.first - 1);
      if (name.starts_with(MarkOf(part, last))) done_before = done;
    }
  }
  return done_before;
}

std::optional<Error> BackfillProgress::Note(const std::string& file,
                                            const internal::ElementRun& part) {
  const auto last = static_cast<std::size_t>(part.count - 1);
  std::string name = MarkOf(part, last) + " " + file;
  std::string& before = name_of_[file];
  if (!before.empty()) notes_.Forget(before);
  before = std::move(name);
  return notes_.Note(before, std::int64_t{part.first} + part.count);
}

}  // namespace segrid::cli
