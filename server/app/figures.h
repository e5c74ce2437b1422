// The figures that the parts of the application keep.

#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "core/base/clock.h"
#include "core/deliver/deliverer.h"
#include "server/metrics/call_meter.h"
#include "server/metrics/delivery_registry.h"
#include "server/metrics/event_counts.h"
#include "server/metrics/receiver_meter.h"
#include "server/metrics/refusals.h"

namespace segrid::app {

// Filled from the start on, read by the listeners. Outlives everything that
// counts.
struct Figures {
  metrics::EventCounts events;
  metrics::CallMeter calls;
  metrics::DeliveryRegistry deliveries;
  metrics::Refusals refusals;
  std::atomic<std::int64_t> reloads{0};
  std::atomic<std::int64_t> failed_reloads{0};

  // Begins to count what becomes of the events and deliveries of `sources`,
  // whose receivers it wraps. `clock` must outlive the sources.
  void Watch(std::vector<deliver::Source>& sources, base::Clock& clock) {
    for (deliver::Source& source : sources) {
      events.AddSource(source.name);
      const auto delivery = deliveries.Of(source.name);
      source.latency = delivery->shared_latency();
      source.receiver =
          metrics::Metered(std::move(source.receiver), delivery, clock);
    }
  }
};

}  // namespace segrid::app
