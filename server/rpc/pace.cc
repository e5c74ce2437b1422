#include "server/rpc/pace.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"

namespace segrid::rpc {
namespace {

constexpr double kMib = 1 << 20;

}  // namespace

absl::Status Pace::Check(absl::Duration left, std::size_t bytes) {
  if (left == absl::InfiniteDuration()) return absl::OkStatus();
  absl::Duration least;
  {
    absl::MutexLock lock(&mu_);
    Turn(clock_.Uptime());
    least = Least(bytes);
  }
  if (left > absl::ZeroDuration() && left >= least) return absl::OkStatus();
  return base::MakeError(
      absl::StatusCode::kDeadlineExceeded, "TOO_LATE",
      absl::StrCat(
          "the deadline is in ",
          absl::FormatDuration(absl::Trunc(std::max(left, absl::ZeroDuration()),
                                           absl::Microseconds(1))),
          ", and such a call takes at least ",
          absl::FormatDuration(absl::Trunc(least, absl::Microseconds(1))),
          " at present, so it was not begun: give more time, or send "
          "less at a time"));
}

Pace::Run Pace::Begin(std::size_t bytes) {
  const absl::Duration now = clock_.Uptime();
  absl::MutexLock lock(&mu_);
  ++under_way_;
  return {now, bytes};
}

void Pace::End(const Run& run, bool good) {
  const absl::Duration now = clock_.Uptime();
  const absl::Duration took = now - run.began;
  absl::MutexLock lock(&mu_);
  --under_way_;
  if (!good) return;
  Turn(now);
  ++current_.calls;
  current_.shortest = std::min(current_.shortest, took);
  if (run.bytes < kLargeBytes) return;
  current_.per_mib = std::min(current_.per_mib,
                              took * (kMib / static_cast<double>(run.bytes)));
}

void Pace::Turn(absl::Duration now) {
  if (now - turned_ < options_.window) return;
  last_ = now - turned_ < 2 * options_.window ? current_ : Window();
  current_ = Window();
  turned_ = now;
}

absl::Duration Pace::Least(std::size_t bytes) const {
  if (under_way_ == 0 || current_.calls + last_.calls < options_.min_calls) {
    return absl::ZeroDuration();
  }
  const absl::Duration shortest = std::min(current_.shortest, last_.shortest);
  const absl::Duration per_mib = std::min(current_.per_mib, last_.per_mib);
  if (per_mib == absl::InfiniteDuration()) return shortest;
  return std::max(shortest, per_mib * (static_cast<double>(bytes) / kMib));
}

}  // namespace segrid::rpc
