// What waits for the writer, and what its assistant does with it.

#include <iterator>
#include <memory>
#include <utility>

#include "core/base/thread_name.h"
#include "core/queue/rocksdb/writer.h"

namespace segrid::queue::rocksdb {
namespace {

// One commit takes no more JSON than this, if it takes more than one call.
constexpr std::int64_t kMaxCommitBytes = 8 << 20;
constexpr absl::Duration kIdle = absl::Seconds(1);

}  // namespace

bool Writer::Post(Call& call) {
  const std::int64_t bytes = BytesOf(call);
  absl::MutexLock lock(&mu_);
  if (bytes > 0 && waiting_bytes_ > 0 &&
      waiting_bytes_ + bytes > shared_.options.max_waiting_bytes) {
    return false;
  }
  waiting_bytes_ += bytes;
  waiting_alone_ += WaitsForCommits(call) ? 1 : 0;
  waiting_.push_back(std::move(call));
  return true;
}

Writer::Calls Writer::Wait() {
  const auto awake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return stopping_ || !waiting_.empty() || ahead_bytes_ > 0;
  };
  const absl::Duration timeout =
      broken_ || !has_room_ ? shared_.options.retry_interval : kIdle;
  absl::MutexLock lock(&mu_);
  mu_.AwaitWithTimeout(absl::Condition(&awake), timeout);
  const bool ahead = std::exchange(ahead_bytes_, 0) > 0;
  // What is ahead is written first.
  if (ahead && !waiting_.empty() && WaitsForCommits(waiting_.front())) {
    return {};
  }
  return TakeWaiting();
}

Writer::Calls Writer::TakeWaiting() {
  Calls calls;
  std::int64_t bytes = 0;
  auto end = waiting_.begin();
  for (; end != waiting_.end() && bytes < kMaxCommitBytes; ++end) {
    bytes += BytesOf(*end);
    if (waiting_alone_ == 0 || !WaitsForCommits(*end)) continue;
    if (end == waiting_.begin()) {
      --waiting_alone_;
      ++end;
    }
    break;
  }
  if (end == waiting_.end()) {
    calls.swap(waiting_);
  } else {
    std::move(waiting_.begin(), end, std::back_inserter(calls));
    waiting_.erase(waiting_.begin(), end);
  }
  waiting_bytes_ -= bytes;
  return calls;
}

bool Writer::NeedsAssistance() const {
  return writing_ && waiting_alone_ == 0 &&
         waiting_bytes_ >= shared_.options.min_ahead_bytes &&
         ahead_bytes_ < kMaxCommitBytes;
}

void Writer::Assist() {
  base::NameThread("queue assist");
  const auto awake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return stopping_ || NeedsAssistance();
  };
  while (true) {
    {
      absl::MutexLock lock(&mu_, absl::Condition(&awake));
      if (stopping_) return;
    }
    // Taken with this lock held, so that nobody overtakes them.
    absl::MutexLock ahead_lock(&ahead_mu_);
    Calls calls;
    {
      absl::MutexLock lock(&mu_);
      if (!NeedsAssistance()) continue;
      ahead_bytes_ += waiting_bytes_;
      calls = TakeWaiting();
      ahead_bytes_ -= waiting_bytes_;
    }
    Step("ahead");
    Add(ahead_, std::move(calls));
    ahead_->commit->BuildAhead();
  }
}

}  // namespace segrid::queue::rocksdb
