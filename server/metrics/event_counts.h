// What became of events.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/pipeline/pipeline.h"
#include "core/transform/outcome.h"
#include "server/metrics/exposition.h"

namespace segrid::metrics {

// Sums over operations since the start. An event counts once, however many
// sources there are: as a Track when it became one for any of them, else as
// rejected when any rejected it. received = tracks + skipped + rejected.
struct EventTotals {
  std::int64_t received = 0;
  std::int64_t tracks = 0;
  std::int64_t skipped = 0;
  std::int64_t rejected = 0;
};

// Counts a batch at a time, with relaxed atomics: a few additions per batch and
// one per event that gave no Track.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class EventCounts final : public pipeline::BatchObserver {
 public:
  EventCounts();

  // Counts the events of `source` apart from now on. Those of a source that it
  // does not know count as those of no source. Idempotent.
  void AddSource(std::string_view source) ABSL_LOCKS_EXCLUDED(mu_);

  void OnTransform(std::string_view source, const pipeline::Counts& counts,
                   const std::vector<pipeline::Issue>& issues) override;
  void OnForward(const pipeline::ForwardResult& result) override;

  void AddTo(Exposition& out) const;
  EventTotals Totals() const;

 private:
  static constexpr std::size_t kReasonCount = transform::kReasons.size();
  using Count = std::atomic<std::int64_t>;
  using Reasons = std::array<Count, kReasonCount>;  // [0]: Tracks.

  struct Operation {
    Count batches{0};
    Count received{0};
    Count coerced{0};
    Count dropped{0};
    std::array<Count, 3> outcomes{};  // Of events; by transform::Outcome.
    std::vector<std::unique_ptr<Reasons>> sources{};  // [0]: no source.
  };

  std::size_t IndexOf(std::string_view source) const
      ABSL_SHARED_LOCKS_REQUIRED(mu_);
  // `counts` are of events, each counted once.
  static void Start(Operation& operation, const pipeline::Counts& counts);

  // Guards which sources there are; the counts are atomics.
  mutable absl::Mutex mu_;
  std::vector<std::string> names_ ABSL_GUARDED_BY(mu_);  // [0]: "".
  std::map<std::string, std::size_t, std::less<>> indexes_
      ABSL_GUARDED_BY(mu_);  // Of names_.
  Operation transform_;
  Operation forward_;
};

}  // namespace segrid::metrics
