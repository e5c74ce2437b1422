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
// A single request is promised no more than this part of all, because
// announcing is free.
constexpr std::int64_t kPromisedPart = 32;

// A body that has been coming for less may still be a fast one.
constexpr absl::Duration kMinAgeToCut = absl::Milliseconds(250);
// One that brings more per second is not slow: on a busy server a body takes
// longer, and cutting it would throw away what was read of it.
constexpr double kMaxRateToCut = 16 << 10;
// Nobody becomes slow all at once, and looking takes time when many want room.
constexpr absl::Duration kLookInterval = absl::Milliseconds(25);
// The rate that decides who is the slowest is that of the last second or two.
constexpr absl::Duration kWindow = absl::Seconds(1);

// The peer can bring something from now on.
void StartClocks(BodyShare& share, absl::Duration now) {
  share.began = share.rate_begin = now;
  share.window_begin = share.last_window_begin = now;
}

double RateOf(const BodyShare& share, absl::Duration now) {
  const std::int64_t bytes = share.received_bytes - share.last_window_bytes;
  return static_cast<double>(bytes) /
         absl::ToDoubleSeconds(std::max<absl::Duration>(
             now - share.last_window_begin, absl::Milliseconds(1)));
}

bool IsSlow(const BodyShare& share, absl::Duration now) {
  return now - share.began >= kMinAgeToCut &&
         RateOf(share, now) <= kMaxRateToCut;
}

}  // namespace

void BodyRoom::Begin(BodyShare& share, std::int64_t announced_bytes,
                     absl::Duration now) {
  absl::MutexLock lock(&mu_);
  share.is_reading = true;
  share.announced_bytes = announced_bytes;
  share.rate_bytes = share.window_bytes = share.last_window_bytes = 0;
  share.received_bytes = 0;
  StartClocks(share, now);
  reading_.insert(&share);
}

std::int64_t BodyRoom::PromiseFor(const BodyShare& share,
                                  std::int64_t total_bytes) const {
  const std::int64_t rest =
      std::max<std::int64_t>(share.announced_bytes - total_bytes, 0);
  // Only the first step makes one: whoever lost it was slow.
  const bool begins = share.reserved_bytes == 0;
  return std::min(rest, begins ? budget_.max_bytes() / kPromisedPart
                               : share.promised_bytes);
}

void BodyRoom::SetShare(BodyShare& share, std::int64_t reserved_bytes,
                        std::int64_t promised_bytes) {
  const std::int64_t promised_more = promised_bytes - share.promised_bytes;
  const std::int64_t more =
      reserved_bytes - share.reserved_bytes + promised_more;
  share.reserved_bytes = reserved_bytes;
  share.promised_bytes = promised_bytes;
  promised_bytes_ += promised_more;
  std::int64_t& of_peer = peer_bytes_[share.peer];
  of_peer += more;
  if (of_peer == 0) peer_bytes_.erase(share.peer);
}

bool BodyRoom::IsBound(const BodyShare& share, std::int64_t more) const {
  if (share.peer.empty() || more <= 0 || IsAlone(share) ||
      budget_.WouldFit(promised_bytes_ + more, kShortEighths)) {
    return false;
  }
  const auto found = peer_bytes_.find(share.peer);
  const std::int64_t before = found == peer_bytes_.end() ? 0 : found->second;
  return before + more > budget_.max_bytes() / 8 * kPeerEighths;
}

bool BodyRoom::Crowds(const BodyShare& share, std::int64_t more) const {
  return share.reserved_bytes == 0 && !IsAlone(share) &&
         !budget_.WouldFit(promised_bytes_ + more, kNewEighths);
}

bool BodyRoom::Grow(BodyShare& share, std::int64_t total_bytes,
                    absl::Duration now) {
  const std::int64_t more = total_bytes - share.reserved_bytes;
  if (more <= 0) return true;
  std::shared_ptr<Slot> leaving;
  {
    absl::MutexLock lock(&mu_);
    const std::int64_t promise = PromiseFor(share, total_bytes);
    const std::int64_t with_promise = more + promise - share.promised_bytes;
    const bool is_bound = IsBound(share, with_promise);
    if (!is_bound && !Crowds(share, with_promise) &&
        budget_.Grow(share.reserved_bytes, more)) {
      if (share.reserved_bytes == 0) StartClocks(share, now);
      SetShare(share, total_bytes, promise);
      return true;
    }
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
  if (now < next_look_) return nullptr;
  BodyShare* slowest = nullptr;
  double least = 0;
  for (BodyShare* const each : reading_) {
    const bool has_room = each != &wanting && each->reserved_bytes > 0;
    if (!has_room || each->is_authenticated || !IsSlow(*each, now)) continue;
    const double rate = RateOf(*each, now);
    if (slowest != nullptr && rate >= least) continue;
    slowest = each;
    least = rate;
  }
  if (slowest == nullptr) next_look_ = now + kLookInterval;
  return slowest;
}

void BodyRoom::StopReading(BodyShare& share) {
  SetShare(share, share.reserved_bytes, 0);
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
  budget_.Remove(share.reserved_bytes);
  SetShare(share, 0, 0);
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
      if (IsSlow(*each, now)) SetShare(*each, each->reserved_bytes, 0);
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
