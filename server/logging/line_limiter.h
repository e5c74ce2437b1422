// Keeps one message from flooding the log.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace segrid::logging {

// Lets each message through a limited number of times per window and counts the
// rest.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never for long.
class LineLimiter {
 public:
  struct Options {
    std::int64_t max_lines = 20;                // Per message and window.
    absl::Duration window = absl::Seconds(10);  // From the first line on.
    std::size_t max_messages = 256;  // Told apart; further ones share a limit.
  };

  explicit LineLimiter(const Options& options) : options_(options) {}

  // Nothing when the line is to be dropped, else how many lines of this message
  // were dropped since the last one. `now` never goes back.
  std::optional<std::int64_t> Admit(std::string_view message,
                                    absl::Duration now);

 private:
  struct Window {
    absl::Duration start;
    std::int64_t lines = 0;
    std::int64_t dropped = 0;
  };

  const Options options_;
  absl::Mutex mu_;
  std::map<std::string, Window, std::less<>> windows_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::logging
