#include "server/http/slots.h"

#include <iterator>
#include <utility>

namespace segrid::httpd {

Slots::Verdict Slots::Enter(const std::shared_ptr<Slot>& slot) {
  std::shared_ptr<Slot> leaving;
  std::shared_ptr<Slot> oldest;
  Verdict verdict = Verdict::kEntered;
  bool ending = false;
  {
    absl::MutexLock lock(&mu_);
    ending = ending_;
    std::int32_t& of_peer = per_peer_[slot->peer.name];
    const bool peer_full = of_peer >= options_.max_connections_per_peer;
    const bool full =
        static_cast<std::int64_t>(live_.size()) >= options_.max_connections;
    if (peer_full || full) {
      leaving = LongestWaiting(peer_full ? &slot->peer.name : nullptr);
      if (leaving == nullptr) {
        if (of_peer == 0) per_peer_.erase(slot->peer.name);
        verdict = peer_full ? Verdict::kTooManyOfPeer : Verdict::kTooMany;
      } else {
        Remove(*leaving);
      }
    }
    if (verdict == Verdict::kEntered) {
      // Found anew: making room may have removed the peer's count.
      ++per_peer_[slot->peer.name];
      live_.emplace(slot.get(), slot);
      ++present_;
      slot->entered = true;
      if (slot->is_shaking) oldest = BeginHandshake(*slot);
    }
  }
  for (const auto& each : {leaving, oldest}) {
    if (each != nullptr) each->Cut(Cut::kMadeRoom);
  }
  if (verdict == Verdict::kEntered && ending) slot->EndSoon();
  return verdict;
}

void Slots::Leave(Slot& slot) {
  absl::MutexLock lock(&mu_);
  if (!slot.entered) return;
  --present_;
  Remove(slot);
}

void Slots::Remove(Slot& slot) {
  if (live_.erase(&slot) == 0) return;
  ForgetHandshake(slot);
  const auto peer = per_peer_.find(slot.peer.name);
  if (--peer->second == 0) per_peer_.erase(peer);
}

bool Slots::Rename(Slot& slot, Peer peer) {
  std::shared_ptr<Slot> oldest;
  {
    absl::MutexLock lock(&mu_);
    if (live_.find(&slot) == live_.end()) return false;
    const auto to = per_peer_.find(peer.name);
    if (to != per_peer_.end() &&
        to->second >= options_.max_connections_per_peer &&
        peer.name != slot.peer.name) {
      return false;
    }
    const bool is_shaking = slot.is_shaking;
    ForgetHandshake(slot);
    const auto from = per_peer_.find(slot.peer.name);
    if (--from->second == 0) per_peer_.erase(from);
    slot.peer = std::move(peer);
    ++per_peer_[slot.peer.name];
    if (is_shaking) {
      slot.is_shaking = true;
      oldest = BeginHandshake(slot);
    }
  }
  if (oldest != nullptr) oldest->Cut(Cut::kMadeRoom);
  return true;
}

std::shared_ptr<Slot> Slots::BeginHandshake(Slot& slot) {
  const std::int32_t of_peer = ++peer_handshakes_[slot.peer.name];
  handshakes_.push_back(&slot);
  if (!slot.peer.is_proxy && of_peer > options_.max_handshakes_per_peer) {
    return OldestHandshake(&slot.peer.name);
  }
  if (std::ssize(handshakes_) > options_.max_handshakes) {
    return OldestHandshake(nullptr);
  }
  return nullptr;
}

void Slots::ForgetHandshake(Slot& slot) {
  if (!slot.is_shaking.exchange(false)) return;
  handshakes_.remove(&slot);
  const auto peer = peer_handshakes_.find(slot.peer.name);
  if (--peer->second == 0) peer_handshakes_.erase(peer);
}

std::shared_ptr<Slot> Slots::OldestHandshake(const std::string* peer) {
  for (Slot* const each : handshakes_) {
    if (peer != nullptr && each->peer.name != *peer) continue;
    std::shared_ptr<Slot> oldest = live_[each].lock();
    Remove(*each);
    return oldest;
  }
  return nullptr;
}

void Slots::EndHandshake(Slot& slot) {
  absl::MutexLock lock(&mu_);
  ForgetHandshake(slot);
}

std::shared_ptr<Slot> Slots::LongestWaiting(const std::string* peer) {
  for (;;) {
    auto longest = live_.end();
    std::int64_t since = Slot::kBusy;
    for (auto each = live_.begin(); each != live_.end(); ++each) {
      const std::int64_t waiting =
          each->first->waiting_since.load(std::memory_order_relaxed);
      if (waiting >= since) continue;
      if (peer != nullptr && each->first->peer.name != *peer) continue;
      longest = each;
      since = waiting;
    }
    if (longest == live_.end()) return nullptr;
    // Only this one is held: the last holder of another would destroy it, and
    // so come back here, under the lock.
    if (auto alive = longest->second.lock()) return alive;
    Remove(*longest->first);  // It is about to Leave.
  }
}

bool Slots::MakeRoom() {
  std::shared_ptr<Slot> leaving;
  {
    absl::MutexLock lock(&mu_);
    leaving = LongestWaiting(nullptr);
    if (leaving == nullptr) return false;
    Remove(*leaving);
  }
  leaving->Cut(Cut::kMadeRoom);
  return true;
}

void Slots::Sweep(absl::Duration uptime) {
  const std::int64_t now = absl::ToInt64Nanoseconds(uptime);
  std::vector<std::shared_ptr<Slot>> late;
  {
    absl::MutexLock lock(&mu_);
    for (const auto& [slot, weak] : live_) {
      if (slot->deadline.load(std::memory_order_relaxed) > now) continue;
      if (auto alive = weak.lock()) late.push_back(std::move(alive));
    }
  }
  for (const auto& slot : late) {
    slot->Cut(slot->deadline_reason.load(std::memory_order_relaxed));
  }
}

std::vector<std::shared_ptr<Slot>> Slots::All() {
  std::vector<std::shared_ptr<Slot>> all;
  absl::MutexLock lock(&mu_);
  for (const auto& [slot, weak] : live_) {
    if (auto alive = weak.lock()) all.push_back(std::move(alive));
  }
  return all;
}

void Slots::EndSoon() {
  {
    absl::MutexLock lock(&mu_);
    ending_ = true;
  }
  for (const auto& slot : All()) slot->EndSoon();
}

void Slots::EndSoonOf(std::size_t entrance) {
  for (const auto& slot : All()) {
    if (slot->entrance == entrance) slot->EndSoon();
  }
}

void Slots::CheckAgain() {
  for (const auto& slot : All()) slot->CheckAgain();
}

void Slots::CutAll() {
  for (const auto& slot : All()) slot->Cut(Cut::kMadeRoom);
}

bool Slots::WaitUntilEmpty(absl::Time deadline) {
  absl::MutexLock lock(&mu_);
  const auto empty = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return present_ == 0;
  };
  return mu_.AwaitWithDeadline(absl::Condition(&empty), deadline);
}

}  // namespace segrid::httpd
