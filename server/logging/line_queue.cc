#include "server/logging/line_queue.h"

#include <deque>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/base/thread_name.h"

namespace segrid::logging {

struct LineQueue::State {
  bool has_work() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    return !lines.empty() || dropped > 0 || ended;
  }
  bool is_empty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    return lines.empty() && dropped == 0 && !is_writing;
  }

  // Waits for the next line to write; false at the end.
  bool Next(std::string& line) {
    absl::MutexLock lock(&mu);
    is_writing = false;
    mu.Await(absl::Condition(this, &State::has_work));
    // At the end nobody waits for what is left.
    if (ended) return false;
    is_writing = true;
    if (lines.empty()) {
      line = line_of_dropped(std::exchange(dropped, 0));
    } else {
      line = std::move(lines.front());
      lines.pop_front();
      bytes -= line.size();
    }
    return true;
  }

  std::function<void(const std::string&)> write;
  std::function<std::string(std::int64_t)> line_of_dropped;

  absl::Mutex mu;
  std::deque<std::string> lines ABSL_GUARDED_BY(mu);
  std::size_t bytes ABSL_GUARDED_BY(mu) = 0;
  std::int64_t dropped ABSL_GUARDED_BY(mu) = 0;  // After those lines.
  bool is_writing ABSL_GUARDED_BY(mu) = false;
  bool ended ABSL_GUARDED_BY(mu) = false;
};

LineQueue::LineQueue(std::function<void(const std::string&)> write,
                     std::function<std::string(std::int64_t)> line_of_dropped)
    : state_(std::make_shared<State>()) {
  state_->write = std::move(write);
  state_->line_of_dropped = std::move(line_of_dropped);
  std::thread([state = state_] {
    base::NameThread("log");
    std::string line;
    while (state->Next(line)) state->write(line);
  }).detach();
}

LineQueue::~LineQueue() {
  Flush(kFarewell);
  absl::MutexLock lock(&state_->mu);
  state_->ended = true;
}

void LineQueue::Push(std::string line) {
  absl::MutexLock lock(&state_->mu);
  // After a gap the line that tells of it comes first, so that lines stand
  // where they belong.
  if (state_->dropped > 0 || state_->bytes + line.size() > kMaxBytes) {
    ++state_->dropped;
    return;
  }
  state_->bytes += line.size();
  state_->lines.push_back(std::move(line));
}

bool LineQueue::Flush(absl::Duration timeout) {
  absl::MutexLock lock(&state_->mu);
  return state_->mu.AwaitWithTimeout(
      absl::Condition(state_.get(), &State::is_empty), timeout);
}

}  // namespace segrid::logging
