// All figures of the service, for one scrape.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/deliver/deliverer.h"
#include "core/queue/queue.h"
#include "server/http/listener.h"
#include "server/http/message.h"
#include "server/metrics/call_meter.h"
#include "server/metrics/event_counts.h"
#include "server/metrics/receiver_meter.h"
#include "server/webhook/webhook.h"

namespace segrid::metrics {

// Where the figures are; all must outlive the collector. Set what is there.
struct Sources {
  base::Clock* clock = nullptr;
  queue::Queue* queue = nullptr;
  deliver::Deliverer* deliverer = nullptr;
  const EventCounts* events = nullptr;
  const CallMeter* calls = nullptr;
  std::vector<std::shared_ptr<DeliveryFigures>> deliveries{};
  std::vector<std::shared_ptr<webhook::Webhook>> webhooks{};
  // As long as they are open.
  std::function<std::vector<const httpd::Listener*>()> doors{};
  std::function<bool()> ready{};
  const std::atomic<std::int64_t>* reloads = nullptr;
  const std::atomic<std::int64_t>* failed_reloads = nullptr;
};

// The text of /metrics: each metric of the table that has a figure.
//
// Thread safety: any thread. Blocking: not for long, the books are cheap.
std::string Collect(const Sources& sources);

// The answer to GET /metrics.
httpd::Answer MetricsAnswer(const Sources& sources);

// The name of a source's state, as labels and the API have it.
std::string_view NameOf(deliver::SourceState state);

}  // namespace segrid::metrics
