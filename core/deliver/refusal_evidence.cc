#include "core/deliver/refusal_evidence.h"

#include <algorithm>
#include <utility>

namespace segrid::deliver {
namespace {

// A batch of that many is split to its end: there is no eighth of it.
constexpr std::size_t kFew = RefusalEvidence::kSinglesThatHold - 1;

}  // namespace

void RefusalEvidence::SetWaits(Suspect& suspect, bool waits) {
  if (suspect.waits && !waits) --waiting_;
  if (!suspect.waits && waits) ++waiting_;
  suspect.waits = waits;
}

void RefusalEvidence::OnDelivered(Post post) {
  last_delivered_ = std::max(last_delivered_, post);
  refusing_ = false;
  refused_batches_ = 0;
  refused_singles_.clear();
  few_left_.clear();
  if (waiting_ == 0) return;
  for (auto& [message, suspect] : suspects_) {
    if (!suspect.waits || suspect.refused_at >= last_delivered_) continue;
    SetWaits(suspect, false);
    to_check_.insert(message);
  }
}

void RefusalEvidence::OnBatchRefused(
    const std::vector<queue::Sequence>& messages, bool whole) {
  refusing_ = true;
  ++refused_batches_;
  if (messages.size() == 2) {
    for (const queue::Sequence message : messages) {
      pairs_.emplace(message, posts_);  // The first refusal counts.
    }
  }
  if (whole && messages.size() <= kFew) {
    few_left_.insert(messages.begin(), messages.end());
  }
}

bool RefusalEvidence::IsProven(queue::Sequence message) const {
  const Suspect* const suspect = Find(message);
  if (suspect != nullptr && suspect->refused_at > 0 &&
      suspect->refused_at < last_delivered_) {
    return true;
  }
  const auto pair = pairs_.find(message);
  return pair != pairs_.end() && pair->second < last_delivered_;
}

bool RefusalEvidence::HoldsWith(queue::Sequence message) const {
  const std::size_t singles =
      refused_singles_.size() + (refused_singles_.contains(message) ? 0 : 1);
  const bool last_of_few =
      few_left_.size() == 1 && *few_left_.begin() == message;
  return singles >= kSinglesThatHold || last_of_few;
}

bool RefusalEvidence::AddSuspect(queue::Sequence message, std::string reason,
                                 std::string answer) {
  refusing_ = true;
  refused_singles_.insert(message);
  few_left_.erase(message);
  const auto found = suspects_.find(message);
  if (found == suspects_.end() && suspects_.size() >= kMaxSuspects) {
    return false;
  }
  Suspect& suspect = suspects_[message];
  suspect.reason = std::move(reason);
  suspect.answer = std::move(answer);
  if (suspect.refused_at == 0) suspect.refused_at = posts_;
  SetWaits(suspect, true);
  to_check_.erase(message);
  return true;
}

void RefusalEvidence::Forget(queue::Sequence message) {
  few_left_.erase(message);
  if (empty()) return;  // Nearly always.
  pairs_.erase(message);
  const auto suspect = suspects_.find(message);
  if (suspect == suspects_.end()) return;
  SetWaits(suspect->second, false);
  suspects_.erase(suspect);
  to_check_.erase(message);
}

const RefusalEvidence::Suspect* RefusalEvidence::Find(
    queue::Sequence message) const {
  const auto suspect = suspects_.find(message);
  return suspect == suspects_.end() ? nullptr : &suspect->second;
}

std::optional<queue::Sequence> RefusalEvidence::NextToCheck() {
  if (to_check_.empty()) return std::nullopt;
  const queue::Sequence message = *to_check_.begin();
  to_check_.erase(to_check_.begin());
  return message;
}

void RefusalEvidence::CheckAgain(queue::Sequence message) {
  const auto suspect = suspects_.find(message);
  if (suspect != suspects_.end() && !suspect->second.waits) {
    to_check_.insert(message);
  }
}

std::size_t RefusalEvidence::singles_to_try() const {
  if (refused_batches_ < kBatchesBeforeSingles) return 0;
  return kSinglesThatHold -
         std::min(kSinglesThatHold - 1, refused_singles_.size());
}

void RefusalEvidence::Adopt(const std::vector<queue::Sequence>& messages) {
  for (const queue::Sequence message : messages) {
    suspects_.emplace(message, Suspect());
    to_check_.insert(message);
  }
}

std::vector<queue::Sequence> RefusalEvidence::Suspects() const {
  std::vector<queue::Sequence> suspects;
  for (const auto& [message, suspect] : suspects_) suspects.push_back(message);
  return suspects;
}

void RefusalEvidence::Clear() {
  refusing_ = false;
  refused_batches_ = 0;
  refused_singles_.clear();
  few_left_.clear();
  pairs_.clear();
  for (auto& [message, suspect] : suspects_) {
    suspect.refused_at = 0;
    SetWaits(suspect, false);
    to_check_.insert(message);
  }
}

}  // namespace segrid::deliver
