#include "bench/load/run_options.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace segrid::bench {
namespace {

absl::Status InRange(const char* name, std::int64_t value, std::int64_t low,
                     std::int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      name, " is ", value, "; it must be from ", low, " to ", high));
}

absl::Status InRange(const char* name, absl::Duration value, absl::Duration low,
                     absl::Duration high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      name, " is ", absl::FormatDuration(value), "; it must be from ",
      absl::FormatDuration(low), " to ", absl::FormatDuration(high)));
}

absl::Status CheckRates(const RunOptions& options) {
  if (options.rates.size() > 64) {
    return absl::InvalidArgumentError("rate has more than 64 steps");
  }
  for (const double rate : options.rates) {
    if (!(rate > 0 && rate <= 10'000'000)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "rate is ", rate, "; it must be over 0 and at most 10,000,000"));
    }
  }
  if (!options.rates.empty() && options.count > 0) {
    return absl::InvalidArgumentError(
        "count does not go with rate: give a duration");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunOptions::Validate() const {
  for (const absl::Status& status : {
           InRange("connections", connections, 1, 1000),
           InRange("streams", streams, 1, 1000),
           InRange("threads", threads, 0, 256),
           InRange("concurrency", concurrency, 0, 100'000),
           InRange("batch", payload.batch, 0, 1'000'000),
           InRange("count", count, 0, 1'000'000'000'000),
           InRange("warmup", warmup, absl::ZeroDuration(), absl::Hours(1)),
           InRange("duration", duration, absl::Milliseconds(10),
                   absl::Hours(168)),
           InRange("connect timeout", connect_timeout, absl::Milliseconds(1),
                   absl::Hours(1)),
           InRange("timeout", timeout, absl::Milliseconds(1), absl::Hours(1)),
           CheckRates(*this),
       }) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace segrid::bench
