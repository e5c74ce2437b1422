#include "client/internal/event_buffer.h"

#include <algorithm>
#include <utility>

namespace segrid::internal {
namespace {

// Waits longer than this would overflow the clock: nobody waits for a year.
constexpr std::chrono::nanoseconds kLongestWait = std::chrono::hours(24 * 365);

Error Refusal(ErrorCode code, std::string reason, std::string message) {
  Error error;
  error.code = code;
  error.reason = std::move(reason);
  error.message = std::move(message);
  return error;
}

}  // namespace

bool EventBuffer::HasRoom(std::int64_t bytes) const {
  return stats_.buffered_count < options_.max_buffered_events &&
         stats_.buffered_bytes + bytes <= options_.max_buffered_bytes;
}

bool EventBuffer::BatchIsFull() const {
  return static_cast<std::int64_t>(waiting_.size()) >=
             options_.max_batch_events ||
         waiting_bytes_ >= options_.max_batch_bytes;
}

std::optional<Error> EventBuffer::Add(BufferedEvent event, bool may_block) {
  Lock lock(mutex_);
  if (event.bytes > options_.max_batch_bytes) {
    ++stats_.refused_count;
    return Refusal(ErrorCode::kInvalidArgument, "EVENT_TOO_LARGE",
                   "the event has " + std::to_string(event.bytes) +
                       " bytes; max_batch_bytes is " +
                       std::to_string(options_.max_batch_bytes));
  }
  if (options_.when_full == WhenFull::kBlock && may_block) {
    room_.wait(lock, [&] { return closed_ || HasRoom(event.bytes); });
  }
  if (closed_) {
    ++stats_.refused_count;
    return Refusal(ErrorCode::kFailedPrecondition, "SHUT_DOWN",
                   "the forwarder was shut down");
  }
  if (!HasRoom(event.bytes)) {
    ++stats_.refused_count;
    return Refusal(ErrorCode::kResourceExhausted, "BUFFER_FULL",
                   "the buffer has no room; the server is too slow or away");
  }
  event.sequence = stats_.added_count++;
  ++stats_.buffered_count;
  stats_.buffered_bytes += event.bytes;
  waiting_bytes_ += event.bytes;
  event.added = std::chrono::steady_clock::now();
  waiting_.push_back(std::move(event));
  // Wakes a sender for the first event of a batch, whose age it must watch, and
  // for the last; those between change nothing.
  if (waiting_.size() == 1 || BatchIsFull()) events_.notify_one();
  return std::nullopt;
}

std::vector<BufferedEvent> EventBuffer::Take() {
  Lock lock(mutex_);
  while (true) {
    if (waiting_.empty()) {
      if (closed_) return {};
      events_.wait(lock);
      continue;
    }
    if (closed_ || BatchIsFull() || taken_ < flush_until_) return TakeLocked();
    const auto due = waiting_.front().added + options_.max_delay;
    if (std::chrono::steady_clock::now() >= due) return TakeLocked();
    events_.wait_until(lock, due);
  }
}

std::vector<BufferedEvent> EventBuffer::TakeLocked() {
  std::vector<BufferedEvent> batch;
  std::int64_t bytes = 0;
  under_way_.insert(waiting_.front().sequence);
  while (!waiting_.empty() &&
         static_cast<std::int64_t>(batch.size()) < options_.max_batch_events) {
    bytes += waiting_.front().bytes;
    if (!batch.empty() && bytes > options_.max_batch_bytes) break;
    waiting_bytes_ -= waiting_.front().bytes;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  taken_ += static_cast<std::int64_t>(batch.size());
  // Another sender watches what is left.
  if (!waiting_.empty()) events_.notify_one();
  return batch;
}

void EventBuffer::Settle(const Settled& settled) {
  const Lock lock(mutex_);
  ++stats_.batch_count;
  under_way_.erase(settled.first_sequence);
  stats_.accepted_count += settled.accepted;
  stats_.skipped_count += settled.skipped;
  stats_.rejected_count += settled.rejected;
  stats_.failed_count += settled.failed;
  stats_.buffered_count -=
      settled.accepted + settled.skipped + settled.rejected + settled.failed;
  stats_.buffered_bytes -= settled.bytes;
  room_.notify_all();
  settled_.notify_all();
}

void EventBuffer::Flush() {
  const Lock lock(mutex_);
  flush_until_ = stats_.added_count;
  events_.notify_all();
}

void EventBuffer::Close() {
  const Lock lock(mutex_);
  closed_ = true;
  events_.notify_all();
  room_.notify_all();
}

bool EventBuffer::WaitUntilSettled(std::chrono::nanoseconds timeout) {
  Lock lock(mutex_);
  // Batches settle in any order: the oldest that has not counts.
  const std::int64_t target = stats_.added_count;
  return settled_.wait_for(lock, std::min(timeout, kLongestWait), [&] {
    return (under_way_.empty() ? taken_ : *under_way_.begin()) >= target;
  });
}

std::vector<BufferedEvent> EventBuffer::TakeBack() {
  const Lock lock(mutex_);
  std::vector<BufferedEvent> rest(std::make_move_iterator(waiting_.begin()),
                                  std::make_move_iterator(waiting_.end()));
  taken_ += static_cast<std::int64_t>(rest.size());
  if (!rest.empty()) under_way_.insert(rest.front().sequence);
  waiting_.clear();
  waiting_bytes_ = 0;
  return rest;
}

BatchingStats EventBuffer::stats() const {
  const Lock lock(mutex_);
  return stats_;
}

}  // namespace segrid::internal
