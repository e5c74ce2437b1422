// The figures that the parts of the application keep.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/deliver/deliverer.h"
#include "server/metrics/call_meter.h"
#include "server/metrics/event_counts.h"
#include "server/metrics/receiver_meter.h"

namespace segrid::app {

// Filled from the start on, read by the doors. Outlives everything that counts.
struct Figures {
  std::unique_ptr<metrics::EventCounts> events;
  metrics::CallMeter calls;
  std::vector<std::shared_ptr<metrics::DeliveryFigures>> deliveries;
  std::atomic<std::int64_t> reloads{0};
  std::atomic<std::int64_t> failed_reloads{0};

  // Begins to count what becomes of the events and deliveries of `sources`,
  // whose receivers it wraps. Call once. `clock` must outlive the sources.
  void Watch(std::vector<deliver::Source>& sources, base::Clock& clock) {
    std::vector<std::string> names;
    for (deliver::Source& source : sources) {
      names.push_back(source.name);
      deliveries.push_back(
          std::make_shared<metrics::DeliveryFigures>(source.name));
      source.latency = deliveries.back()->shared_latency();
      source.receiver = metrics::Metered(std::move(source.receiver),
                                         deliveries.back(), clock);
    }
    events = std::make_unique<metrics::EventCounts>(names);
  }
};

}  // namespace segrid::app
