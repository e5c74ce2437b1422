// The figures that the page shows, as JSON.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/deliver/deliverer.h"
#include "core/queue/queue.h"
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
  std::string server_name{};  // Among the servers of a cluster.
  // The text for people of a source; "" without one. Null: none has any.
  std::function<std::string(const std::string& source)> label{};
};

// The totals of now, for History; looks at the latencies, too.
Totals TakeTotals(const Sources& sources);

// One JSON object; the page's script is its only reader. Times are milliseconds
// since 1970. Counts of a source are since its queue was created, those of its
// requests since the start, as `totals` are.
//
// Dead letters are counted by source and reason, with the time and the HTTP
// status of the newest: neither the events nor the receiver's words are in it.
// The largest kMaxDeadLetterGroups of the groups are listed.
//
// `servers` has this server alone, and each configured source names it as its
// `owner`, because a queue on disk or in memory belongs to one process.
//
// Thread safety: any thread. Blocking: may wait for the queue's disk.
std::string StatusJson(const Sources& sources);

inline constexpr std::size_t kMaxDeadLetterGroups = 100;

}  // namespace segrid::status_page
