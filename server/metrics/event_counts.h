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

#include "core/pipeline/pipeline.h"
#include "core/transform/outcome.h"
#include "server/metrics/exposition.h"

namespace segrid::metrics {

// Sums over operations and sources since the start.
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
  // `sources` are the names of the configuration.
  explicit EventCounts(const std::vector<std::string>& sources);

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
    std::vector<std::unique_ptr<Reasons>> sources{};  // [0]: no source.
  };

  std::size_t IndexOf(std::string_view source) const;
  static void Start(Operation& operation, const pipeline::Counts& counts);

  std::vector<std::string> names_;                           // [0]: "".
  std::map<std::string, std::size_t, std::less<>> indexes_;  // Of names_.
  Operation transform_;
  Operation forward_;
};

}  // namespace segrid::metrics
