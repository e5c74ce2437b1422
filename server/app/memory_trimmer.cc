#include "server/app/memory_trimmer.h"

#include <algorithm>
#include <utility>

#include "core/base/process.h"
#include "server/metrics/process_figures.h"

namespace segrid::app {
namespace {

// What may be resident beyond the least without being worth a trim.
constexpr std::int64_t kSlackBytes = 8 << 20;
// Of the least, in percent.
constexpr std::int64_t kMaxPercent = 130;

constexpr absl::Duration kMinWait = absl::Seconds(5);
constexpr absl::Duration kMaxWait = absl::Seconds(30);

bool IsMuchMore(std::int64_t bytes, std::int64_t than) {
  return bytes > than / 100 * kMaxPercent + kSlackBytes;
}

}  // namespace

void MemoryTrimmer::TrimIfDue(absl::Duration now) {
  const std::int64_t before = deps_.resident_bytes();
  if (!IsMuchMore(before, least_bytes_)) {
    least_bytes_ = std::min(least_bytes_, before);
    wait_ = kMinWait;
    return;
  }
  if (now < next_) return;
  deps_.trim();
  const std::int64_t after = deps_.resident_bytes();
  least_bytes_ = std::min(least_bytes_, after);
  const bool gave_much = before - after > before / 10;
  wait_ = gave_much ? kMinWait : std::clamp(2 * wait_, kMinWait, kMaxWait);
  next_ = now + wait_;
}

MemoryTrimmer::Deps ProcessMemory(std::function<void()> drop_spare) {
  return {[] { return metrics::ReadProcessFigures().resident_bytes; },
          [drop_spare = std::move(drop_spare)] {
            drop_spare();
            base::GiveBackFreeMemory();
          }};
}

}  // namespace segrid::app
