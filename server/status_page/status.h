// What the page shows, as JSON.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/deliver/deliverer.h"
#include "core/queue/queue.h"
#include "server/http/router.h"
#include "server/metrics/event_counts.h"
#include "server/status_page/history.h"
#include "server/status_page/recent_latency.h"

namespace segrid::status_page {

// All must outlive the routes, but for what they share.
struct Sources {
  base::Clock* clock = nullptr;
  queue::Queue* queue = nullptr;
  deliver::Deliverer* deliverer = nullptr;
  const metrics::EventCounts* events = nullptr;
  std::shared_ptr<RecentLatency> latency{};
  std::shared_ptr<History> history{};
  std::function<std::string()> not_ready_reason{};  // Empty: ready.
  absl::Time start_time{};
  // The text for people of a source; "" without one. Null: none has any.
  std::function<std::string(const std::string& source)> label{};
};

// The totals of now, for History; looks at the latencies, too.
Totals TakeTotals(const Sources& sources);

// One JSON object; the page's script is its only reader. Of dead letters it
// tells when, where, why and how often, never what: neither the event nor the
// receiver's words are in it.
//
// Thread safety: any thread. Blocking: may wait for the queue's disk.
std::string StatusJson(const Sources& sources);

// Adds the page, `/` and `/status.json`.
void AddRoutes(httpd::Router& router, Sources sources);

}  // namespace segrid::status_page
