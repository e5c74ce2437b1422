#include "server/logging/line_limiter.h"

#include <utility>

namespace segrid::logging {

std::optional<std::int64_t> LineLimiter::Admit(std::string_view message,
                                               absl::Duration now) {
  absl::MutexLock lock(&mu_);
  auto found = windows_.find(message);
  if (found == windows_.end()) {
    // The empty text stands for all messages beyond the bound.
    const bool full = windows_.size() >= options_.max_messages;
    found =
        windows_.try_emplace(full ? std::string() : std::string(message)).first;
  }
  Window& window = found->second;
  if (window.lines == 0 || now - window.start >= options_.window) {
    window.start = now;
    window.lines = 0;
  }
  if (window.lines >= options_.max_lines) {
    ++window.dropped;
    return std::nullopt;
  }
  ++window.lines;
  return std::exchange(window.dropped, 0);
}

}  // namespace segrid::logging
