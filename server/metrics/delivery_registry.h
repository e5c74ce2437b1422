// The figures of all sources' deliveries.

#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/metrics/receiver_meter.h"

namespace segrid::metrics {

// Sources come and go while the server runs; their figures stay, so that
// counters of one that returns go on.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class DeliveryRegistry {
 public:
  // Those of `source`, which are made when they are asked for first.
  std::shared_ptr<DeliveryFigures> Of(std::string_view source)
      ABSL_LOCKS_EXCLUDED(mu_);

  // All, in the order in which they were made, which only grows.
  std::vector<std::shared_ptr<DeliveryFigures>> All() const
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable absl::Mutex mu_;
  std::vector<std::shared_ptr<DeliveryFigures>> all_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::metrics
