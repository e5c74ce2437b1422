#include "server/rpc/unwritten_responses.h"

#include <grpc/support/alloc.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_map>
#include <utility>

namespace segrid::rpc {
namespace {

// How long a client may leave a response unread when room is short.
constexpr absl::Duration kPatience = absl::Seconds(1);
// Between two looks at all connections, because many calls may find no room.
constexpr absl::Duration kScanInterval = absl::Milliseconds(10);

std::string PeerOf(grpc_call* call) {
  char* const text = grpc_call_get_peer(call);
  std::string peer = text == nullptr ? "" : text;
  gpr_free(text);
  return peer;
}

}  // namespace

void UnwrittenResponses::Add(Entry& entry, std::size_t bytes) {
  if (bytes == 0) return;
  const auto size = static_cast<std::int64_t>(bytes);
  const absl::Duration now = clock_.Uptime();
  Calls ended;
  budget_.AddAnyway(size);
  {
    absl::MutexLock lock(&mu_);
    bytes_ += size;
    entry.bytes_ += size;
    if (!entry.is_linked()) {
      entry.since_ = now;
      waiting_.push_back(entry);
    }
    if (bytes_ > quarter_) TakeStalled(now, ended);
  }
  End(ended);
}

void UnwrittenResponses::Remove(Entry& entry, std::size_t bytes) {
  if (bytes == 0) return;
  const absl::Duration now = clock_.Uptime();
  absl::MutexLock lock(&mu_);
  // Zero when the call was ended for want of room.
  const std::int64_t size =
      std::min(static_cast<std::int64_t>(bytes), entry.bytes_);
  budget_.Remove(size);
  bytes_ -= size;
  entry.bytes_ -= size;
  if (!entry.is_linked()) return;
  waiting_.erase(waiting_.iterator_to(entry));
  if (entry.bytes_ == 0) return;
  entry.since_ = now;
  waiting_.push_back(entry);
}

void UnwrittenResponses::Forget(Entry& entry) {
  absl::MutexLock lock(&mu_);
  budget_.Remove(entry.bytes_);
  bytes_ -= entry.bytes_;
  entry.bytes_ = 0;
  if (entry.is_linked()) waiting_.erase(waiting_.iterator_to(entry));
}

bool UnwrittenResponses::MakeRoom() {
  const absl::Duration now = clock_.Uptime();
  Calls ended;
  {
    absl::MutexLock lock(&mu_);
    TakeStalled(now, ended);
    if (ended.empty()) TakeLargestConnection(now, ended);
  }
  End(ended);
  return !ended.empty();
}

void UnwrittenResponses::TakeStalled(absl::Duration now, Calls& ended) {
  while (bytes_ > quarter_ && !waiting_.empty() &&
         waiting_.front().since_ + kPatience <= now) {
    Take(waiting_.begin(), ended);
  }
}

void UnwrittenResponses::TakeLargestConnection(absl::Duration now,
                                               Calls& ended) {
  if (bytes_ <= quarter_ || now - scanned_ < kScanInterval) return;
  scanned_ = now;
  std::unordered_map<std::string, std::int64_t> sums;
  for (const Entry& entry : waiting_) {
    sums[PeerOf(entry.call_)] += entry.bytes_;
  }
  const auto largest = std::max_element(
      sums.begin(), sums.end(),
      [](const auto& a, const auto& b) { return a.second < b.second; });
  if (largest == sums.end() || largest->second <= quarter_) return;
  std::int64_t left = largest->second;
  for (auto each = waiting_.begin();
       each != waiting_.end() && left > quarter_ / 2;) {
    if (PeerOf(each->call_) != largest->first) {
      ++each;
      continue;
    }
    left -= each->bytes_;
    each = Take(each, ended);
  }
}

UnwrittenResponses::Entries::iterator UnwrittenResponses::Take(
    Entries::iterator entry, Calls& ended) {
  budget_.Remove(entry->bytes_);
  bytes_ -= entry->bytes_;
  entry->bytes_ = 0;
  grpc_call_ref(entry->call_);
  ended.push_back(entry->call_);
  return waiting_.erase(entry);
}

void UnwrittenResponses::End(const Calls& ended) {
  for (grpc_call* const call : ended) {
    grpc_call_cancel_with_status(
        call, GRPC_STATUS_RESOURCE_EXHAUSTED,
        "the response was not read in time, and its room was needed", nullptr);
    grpc_call_unref(call);
  }
}

}  // namespace segrid::rpc
