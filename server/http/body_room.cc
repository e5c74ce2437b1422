#include "server/http/body_room.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace segrid::httpd {
namespace {

// Room is short when more than this is taken, in eighths of all.
constexpr std::int64_t kShortEighths = 6;
// What a request that begins must leave to those that have begun.
constexpr std::int64_t kNewEighths = 7;
// What one peer may have while room is short.
constexpr std::int64_t kPeerEighths = 2;

// A body that has been coming for less may still be a fast one.
constexpr absl::Duration kMinAgeToCut = absl::Milliseconds(250);
// One that brings more per second is not slow: on a busy server a body takes
// longer, and cutting it would throw away what was read of it.
constexpr double kMaxRateToCut = 16 << 10;
// The rate that decides who is the slowest is that of the last second or two.
constexpr absl::Duration kWindow = absl::Seconds(1);

double RateOf(const BodyShare& share, absl::Duration now) {
  const std::int64_t bytes = share.received_bytes - share.last_window_bytes;
  return static_cast<double>(bytes) /
         absl::ToDoubleSeconds(std::max<absl::Duration>(
             now - share.last_window_begin, absl::Milliseconds(1)));
}

}  // namespace

void BodyRoom::Begin(BodyShare& share, absl::Duration now) {
  absl::MutexLock lock(&mu_);
  share.is_reading = true;
  share.began = share.rate_begin = now;
  share.window_begin = share.last_window_begin = now;
  share.rate_bytes = share.window_bytes = share.last_window_bytes = 0;
  share.received_bytes = 0;
  reading_.insert(&share);
}

bool BodyRoom::IsShort(std::int64_t more_bytes) const {
  return budget_.used_bytes() + more_bytes >
         budget_.max_bytes() / 8 * kShortEighths;
}

bool BodyRoom::Grow(BodyShare& share, std::int64_t total_bytes,
                    absl::Duration now) {
  const std::int64_t more = total_bytes - share.reserved_bytes;
  if (more <= 0) return true;
  std::shared_ptr<Slot> leaving;
  {
    absl::MutexLock lock(&mu_);
    std::int64_t& of_peer = peer_bytes_[share.peer];
    const bool is_alone = budget_.used_bytes() == share.reserved_bytes;
    const bool is_bound =
        !share.peer.empty() && !is_alone && IsShort(more) &&
        of_peer + more > budget_.max_bytes() / 8 * kPeerEighths;
    const bool crowds =
        share.reserved_bytes == 0 && !is_alone &&
        budget_.used_bytes() + more > budget_.max_bytes() / 8 * kNewEighths;
    if (!is_bound && !crowds && budget_.Grow(share.reserved_bytes, more)) {
      share.reserved_bytes = total_bytes;
      of_peer += more;
      return true;
    }
    if (of_peer == 0) peer_bytes_.erase(share.peer);
    BodyShare* const slowest = is_bound ? nullptr : Slowest(share, now);
    if (slowest != nullptr) {
      leaving = slowest->connection.lock();
      StopReading(*slowest);  // So that the next in want finds another.
    }
  }
  if (leaving != nullptr) leaving->Cut(Cut::kSlowest);
  return false;
}

BodyShare* BodyRoom::Slowest(const BodyShare& wanting, absl::Duration now) {
  BodyShare* slowest = nullptr;
  double least = 0;
  for (BodyShare* const each : reading_) {
    const bool has_room = each != &wanting && each->reserved_bytes > 0;
    if (!has_room || each->is_authenticated ||
        now - each->began < kMinAgeToCut) {
      continue;
    }
    const double rate = RateOf(*each, now);
    if (rate > kMaxRateToCut || (slowest != nullptr && rate >= least)) continue;
    slowest = each;
    least = rate;
  }
  return slowest;
}

void BodyRoom::StopReading(BodyShare& share) {
  share.is_reading = false;
  reading_.erase(&share);
}

void BodyRoom::EndReading(BodyShare& share) {
  absl::MutexLock lock(&mu_);
  StopReading(share);
}

void BodyRoom::Release(BodyShare& share) {
  absl::MutexLock lock(&mu_);
  StopReading(share);
  if (share.reserved_bytes == 0) return;
  const std::int64_t bytes = std::exchange(share.reserved_bytes, 0);
  budget_.Remove(bytes);
  const auto peer = peer_bytes_.find(share.peer);
  if ((peer->second -= bytes) == 0) peer_bytes_.erase(peer);
}

void BodyRoom::Sweep(absl::Duration now) {
  std::vector<std::shared_ptr<Slot>> slow;
  {
    absl::MutexLock lock(&mu_);
    const std::vector<BodyShare*> all(reading_.begin(), reading_.end());
    for (BodyShare* const each : all) {
      const std::int64_t received = each->received_bytes;
      if (now - each->window_begin >= kWindow) {
        each->last_window_begin = std::exchange(each->window_begin, now);
        each->last_window_bytes = std::exchange(each->window_bytes, received);
      }
      if (options_.min_body_rate <= 0 ||
          now - each->rate_begin < options_.min_body_rate_grace) {
        continue;
      }
      const double wanted = static_cast<double>(options_.min_body_rate) *
                            absl::ToDoubleSeconds(options_.min_body_rate_grace);
      if (static_cast<double>(received - each->rate_bytes) < wanted) {
        if (auto alive = each->connection.lock()) {
          slow.push_back(std::move(alive));
        }
        StopReading(*each);
      }
      each->rate_begin = now;
      each->rate_bytes = received;
    }
  }
  for (const auto& connection : slow) connection->Cut(Cut::kSlowBody);
}

}  // namespace segrid::httpd
