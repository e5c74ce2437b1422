#include "core/queue/rocksdb/waiting_calls.h"

#include <iterator>
#include <utility>

namespace segrid::queue::rocksdb {
namespace {

// One commit takes no more JSON than this, if it takes more than one call.
constexpr std::int64_t kMaxCommitBytes = 8 << 20;

}  // namespace

bool WaitingCalls::Post(Call& call) {
  const std::int64_t bytes = BytesOf(call);
  absl::MutexLock lock(&mu_);
  if (bytes > 0 && waiting_bytes_ > 0 &&
      waiting_bytes_ + bytes > max_waiting_bytes_) {
    return false;
  }
  waiting_bytes_ += bytes;
  waiting_alone_ += WaitsForCommits(call) ? 1 : 0;
  waiting_.push_back(std::move(call));
  return true;
}

void WaitingCalls::Stop() {
  absl::MutexLock lock(&mu_);
  stopping_ = true;
}

bool WaitingCalls::IsFinished() const {
  absl::MutexLock lock(&mu_);
  return stopping_ && waiting_.empty();
}

WaitingCalls::Calls WaitingCalls::Wait(absl::Duration timeout) {
  const auto awake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return stopping_ || !waiting_.empty() || ahead_bytes_ > 0;
  };
  absl::MutexLock lock(&mu_);
  mu_.AwaitWithTimeout(absl::Condition(&awake), timeout);
  const bool ahead = std::exchange(ahead_bytes_, 0) > 0;
  // The assistant's commit is written first.
  if (ahead && !waiting_.empty() && WaitsForCommits(waiting_.front())) {
    return {};
  }
  return Take();
}

WaitingCalls::Calls WaitingCalls::Take() {
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

void WaitingCalls::SetWriting(bool writing) {
  absl::MutexLock lock(&mu_);
  writing_ = writing;
}

bool WaitingCalls::NeedsAssistance() const {
  return writing_ && waiting_alone_ == 0 &&
         waiting_bytes_ >= min_ahead_bytes_ && ahead_bytes_ < kMaxCommitBytes;
}

bool WaitingCalls::AwaitAssistance() {
  const auto awake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return stopping_ || NeedsAssistance();
  };
  absl::MutexLock lock(&mu_, absl::Condition(&awake));
  return !stopping_;
}

std::optional<WaitingCalls::Calls> WaitingCalls::TakeAhead() {
  absl::MutexLock lock(&mu_);
  if (!NeedsAssistance()) return std::nullopt;
  ahead_bytes_ += waiting_bytes_;
  Calls calls = Take();
  ahead_bytes_ -= waiting_bytes_;
  return calls;
}

}  // namespace segrid::queue::rocksdb
