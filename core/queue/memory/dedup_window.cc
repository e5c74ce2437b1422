#include "core/queue/memory/dedup_window.h"

#include <algorithm>

#include "absl/hash/hash.h"

namespace segrid::queue::memory {
namespace {

// Two different salts make two independent hashes.
constexpr std::uint64_t kSaltA = 0x9E3779B97F4A7C15;
constexpr std::uint64_t kSaltB = 0xC2B2AE3D27D4EB4F;

// An id may be remembered longer than the window by this much.
constexpr absl::Duration kGroupSpan = absl::Seconds(1);

}  // namespace

DedupWindow::Key DedupWindow::KeyOf(std::string_view lane,
                                    std::string_view id) {
  return {absl::HashOf(kSaltA, lane, id), absl::HashOf(kSaltB, id, lane)};
}

bool DedupWindow::Insert(const Key& key, absl::Duration now) {
  if (!keys_.insert(key).second) return false;
  order_.push_back(key);
  if (groups_.empty() || now - groups_.back().last > kGroupSpan) {
    groups_.push_back({now, 0});
  }
  ++groups_.back().count;
  return true;
}

void DedupWindow::Undo(std::size_t count) {
  for (; count > 0; --count) {
    keys_.erase(order_.back());
    order_.pop_back();
    if (--groups_.back().count == 0) groups_.pop_back();
  }
}

void DedupWindow::Trim(absl::Duration now) {
  while (!groups_.empty() &&
         now - groups_.front().last > window_ + kGroupSpan) {
    ForgetOldest();
  }
  while (size() > max_ids_) {
    forgotten_until_ = groups_.front().last;
    ForgetOldest();
  }
}

void DedupWindow::ForgetOldest() {
  keys_.erase(order_.front());
  order_.pop_front();
  if (--groups_.front().count == 0) groups_.pop_front();
}

absl::Duration DedupWindow::EffectiveWindow(absl::Duration now) const {
  return std::min(window_, now - forgotten_until_);
}

}  // namespace segrid::queue::memory
