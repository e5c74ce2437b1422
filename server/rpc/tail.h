// A look at the Tracks that pass, for people: sampled, redacted, bounded.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/pipeline/pipeline.h"

namespace segrid::rpc {

// A Track that was chosen. With personal data: see Redactor.
struct PassedTrack {
  std::string source;
  absl::Time time;
  std::string json;
};

// What one tail has to show, since it was asked last.
struct TailView {
  std::vector<PassedTrack> tracks;  // In the order in which they passed.
  std::int64_t seen = 0;            // Since the tail began, like `dropped`.
  std::int64_t dropped = 0;
};

struct TailOptions {
  std::vector<std::string> sources{};  // Empty: all.
  double sample_ratio = 1;             // Above 0, at most 1.
  // What is kept until it is shown.
  std::size_t max_tracks = 1'000;
  std::size_t max_bytes = 1 << 20;
};

// The buffer of one who looks: takes what passes while there is room, and
// counts what finds none.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class Tail {
 public:
  explicit Tail(TailOptions options) : options_(std::move(options)) {}

  // Every n-th Track, where n is 1 / sample_ratio: each has its turn.
  void Offer(const std::string& source, const queue::Chunk& chunk,
             absl::Time now) ABSL_LOCKS_EXCLUDED(mu_);

  // Gives away at most `max_tracks` of what is kept.
  TailView Take(std::size_t max_tracks) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  const TailOptions options_;
  absl::Mutex mu_;
  std::deque<PassedTrack> kept_ ABSL_GUARDED_BY(mu_);
  std::size_t kept_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t seen_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t chosen_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t dropped_ ABSL_GUARDED_BY(mu_) = 0;
};

// Shows what passes to the tails. While there is none, it costs one look at a
// number per batch.
//
// Ownership:     shares the tails until they leave; keeps a reference to the
//                clock.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class Tails final : public pipeline::TrackObserver {
 public:
  static constexpr std::size_t kMaxTails = 8;

  explicit Tails(base::Clock& clock) : clock_(clock) {}

  // A tail that sees what passes from now on; null when there are too many.
  std::shared_ptr<Tail> Begin(TailOptions options) ABSL_LOCKS_EXCLUDED(mu_);
  void End(const std::shared_ptr<Tail>& tail) ABSL_LOCKS_EXCLUDED(mu_);

  bool is_watching() const override {
    return count_.load(std::memory_order_relaxed) > 0;
  }
  void OnTracks(const std::string& source, const queue::Chunk& chunk) override
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  base::Clock& clock_;
  std::atomic<std::size_t> count_{0};
  absl::Mutex mu_;
  std::vector<std::shared_ptr<Tail>> tails_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::rpc
