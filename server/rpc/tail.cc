#include "server/rpc/tail.h"

#include <algorithm>
#include <utility>

namespace segrid::rpc {

void Tail::Offer(const std::string& source, const queue::Chunk& chunk,
                 absl::Time now) {
  const std::vector<std::string>& sources = options_.sources;
  if (!sources.empty() &&
      std::find(sources.begin(), sources.end(), source) == sources.end()) {
    return;
  }
  absl::MutexLock lock(&mu_);
  for (const queue::Message& message : chunk.messages) {
    ++seen_;
    // A little more, because ten times 0.1 is a little less than 1.
    const auto due = static_cast<std::int64_t>(
        static_cast<double>(seen_) * options_.sample_ratio + 1e-6);
    if (due == chosen_) continue;
    chosen_ = due;
    if (kept_.size() >= options_.max_tracks ||
        kept_bytes_ + message.size_bytes > options_.max_bytes) {
      ++dropped_;
      continue;
    }
    kept_bytes_ += message.size_bytes;
    kept_.push_back({source, now, std::string(chunk.track(message))});
  }
}

TailView Tail::Take(std::size_t max_tracks) {
  TailView view;
  absl::MutexLock lock(&mu_);
  while (!kept_.empty() && view.tracks.size() < max_tracks) {
    kept_bytes_ -= kept_.front().json.size();
    view.tracks.push_back(std::move(kept_.front()));
    kept_.pop_front();
  }
  view.seen = seen_;
  view.dropped = dropped_;
  return view;
}

std::shared_ptr<Tail> Tails::Begin(TailOptions options) {
  absl::MutexLock lock(&mu_);
  if (tails_.size() >= kMaxTails) return nullptr;
  auto tail = std::make_shared<Tail>(std::move(options));
  tails_.push_back(tail);
  count_ = tails_.size();
  return tail;
}

void Tails::End(const std::shared_ptr<Tail>& tail) {
  absl::MutexLock lock(&mu_);
  tails_.erase(std::remove(tails_.begin(), tails_.end(), tail), tails_.end());
  count_ = tails_.size();
}

void Tails::OnTracks(const std::string& source, const queue::Chunk& chunk) {
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mu_);
  for (const std::shared_ptr<Tail>& tail : tails_)
    tail->Offer(source, chunk, now);
}

}  // namespace segrid::rpc
