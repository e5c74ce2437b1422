// THE table of metrics: every name that /metrics can show, once. The dashboard
// and the alerts are checked against it.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace segrid::metrics {

enum class Type : std::uint8_t { kCounter, kGauge, kHistogram };

// The labels of a metric, in the order of their values. Their values come from
// the configuration or from fixed lists, never from events.
using Labels = std::array<std::string_view, 4>;

struct MetricRow {
  std::string_view name;  // Prometheus' rules: base units, _total for counters.
  Type type;
  Labels labels;  // "" = none from here on.
  std::string_view help;
};

// clang-format off
inline constexpr auto kMetrics = std::to_array<MetricRow>({
    {"segrid_build_info",                       Type::kGauge,     {"version"}, "Always 1; the version is the label."},
    {"segrid_ready",                            Type::kGauge,     {}, "1 while /readyz says so."},
    {"segrid_reloads_total",                    Type::kCounter,   {"outcome"}, "Reloads of configuration and certificates: done, or failed and the old ones stay."},
    {"process_start_time_seconds",              Type::kGauge,     {}, "When the process started, in seconds since 1970."},
    {"process_cpu_seconds_total",               Type::kCounter,   {}, "Processor time of the process."},
    {"process_resident_memory_bytes",           Type::kGauge,     {}, "Memory of the process that is in RAM."},
    {"process_virtual_memory_bytes",            Type::kGauge,     {}, "Address space of the process."},
    {"process_open_fds",                        Type::kGauge,     {}, "Open descriptors."},
    {"process_max_fds",                         Type::kGauge,     {}, "Descriptors that the process may open."},
    {"process_threads",                         Type::kGauge,     {}, "Threads of the process."},

    {"segrid_batches_total",                    Type::kCounter,   {"operation"}, "Batches that were transformed: by Transform or Forward (webhooks forward)."},
    {"segrid_events_received_total",            Type::kCounter,   {"operation"}, "Events in those batches."},
    {"segrid_events_total",                     Type::kCounter,   {"operation", "source", "outcome", "reason"}, "What became of events, once per source: track, skipped or rejected. Their sum is events received times sources."},
    {"segrid_fields_coerced_total",             Type::kCounter,   {"operation"}, "Values of another type that were converted."},
    {"segrid_fields_dropped_total",             Type::kCounter,   {"operation"}, "Values that could not be converted and were left out."},

    {"segrid_queue_accepted_total",             Type::kCounter,   {"source"}, "Tracks taken into the queue."},
    {"segrid_queue_duplicates_total",           Type::kCounter,   {"source"}, "Tracks not taken because their id was seen before."},
    {"segrid_queue_pending",                    Type::kGauge,     {"source"}, "Tracks that wait for their delivery."},
    {"segrid_queue_pending_bytes",              Type::kGauge,     {"source"}, "Their JSON."},
    {"segrid_queue_oldest_age_seconds",         Type::kGauge,     {"source"}, "Age of the oldest of them; 0 without any."},
    {"segrid_queue_overdue",                    Type::kGauge,     {"source"}, "Tracks over max_age that stay pending, because the dead letters have no room for them."},
    {"segrid_queue_delivered_total",            Type::kCounter,   {"source"}, "Tracks that the receiver has taken."},
    {"segrid_queue_dead",                       Type::kGauge,     {"source"}, "Tracks that are kept as dead letters, but for expired ones. Accepted = delivered + pending + dead + expired + purged."},
    {"segrid_queue_expired",                    Type::kGauge,     {"source"}, "Tracks that expired (less when such a dead letter is replayed or purged), were too old as dead letters, or were lost by damage."},
    {"segrid_queue_purged_total",               Type::kCounter,   {"source"}, "Tracks that an operator deleted: purged dead letters, and those of a dropped source."},
    {"segrid_dead_letters",                     Type::kGauge,     {"source"}, "Dead letters that are kept, expired ones too."},
    {"segrid_dead_letter_bytes",                Type::kGauge,     {"source"}, "Their size."},
    {"segrid_queue_bytes",                      Type::kGauge,     {}, "What all queues and dead letters take."},
    {"segrid_queue_max_bytes",                  Type::kGauge,     {}, "What they may take."},
    {"segrid_dedup_ids",                        Type::kGauge,     {}, "Message ids that are remembered."},
    {"segrid_dedup_window_seconds",             Type::kGauge,     {}, "How far back they reach now."},
    {"segrid_backup_last_success_timestamp_seconds", Type::kGauge, {}, "When the last good backup was made, in seconds since 1970; 0: never."},
    {"segrid_backup_last_bytes",                Type::kGauge,     {}, "Its size."},
    {"segrid_backups_total",                    Type::kCounter,   {"outcome"}, "Backups of the running server: done or failed."},

    {"segrid_source_state",                     Type::kGauge,     {"source", "state"}, "1 for the state a source is in, 0 for the others."},
    {"segrid_delivery_in_flight",               Type::kGauge,     {"source"}, "Batches on their way to the receiver."},
    {"segrid_delivery_attempts_total",          Type::kCounter,   {"source"}, "Requests to the receiver."},
    {"segrid_delivery_failed_attempts_total",   Type::kCounter,   {"source"}, "Those that it did not answer with success."},
    {"segrid_delivery_retried_total",           Type::kCounter,   {"source"}, "Requests that repeat an earlier one."},
    {"segrid_delivery_answers_total",           Type::kCounter,   {"source", "verdict", "code"}, "The receiver's answers and what followed from them; code `error`: there was none."},
    {"segrid_delivery_changed_values_total",    Type::kCounter,   {"source", "reason"}, "Values of delivered Tracks that a receiver could not keep as they are, by reason: see docs/warehouse.md."},
    {"segrid_delivery_request_seconds",         Type::kHistogram, {"source"}, "From a request to the receiver to its answer."},
    {"segrid_delivery_latency_seconds",         Type::kHistogram, {"source"}, "From a Track's acceptance to its delivery."},

    {"grpc_server_started_total",               Type::kCounter,   {"grpc_type", "grpc_service", "grpc_method"}, "Calls that began."},
    {"grpc_server_handled_total",               Type::kCounter,   {"grpc_type", "grpc_service", "grpc_method", "grpc_code"}, "Calls that ended, by the code they ended with."},
    {"grpc_server_handling_seconds",            Type::kHistogram, {"grpc_type", "grpc_service", "grpc_method"}, "From the beginning of a call to its end."},
    {"segrid_grpc_connections",                 Type::kGauge,     {}, "Open connections of the gRPC listener, at most a second ago."},
    {"segrid_grpc_connections_accepted_total",  Type::kCounter,   {}, "Connections that it accepted."},
    {"segrid_grpc_connections_refused_total",   Type::kCounter,   {}, "Connections that it closed at once: over max_connections or max_connections_per_peer."},
    {"segrid_grpc_accept_failures_total",       Type::kCounter,   {}, "Connections that it could not accept: no descriptors."},
    {"segrid_grpc_handshakes_ended_total",      Type::kCounter,   {}, "TLS connections that were ended because more wanted to shake hands than may: see grpc.max_handshakes."},
    {"segrid_grpc_floods_ended_total",          Type::kCounter,   {}, "Connections that were ended because they flooded HTTP/2: streams over the limit, streams that end unanswered, bytes without end."},
    {"segrid_grpc_bytes_in_flight",             Type::kGauge,     {}, "Bytes of the requests of calls being processed, and of responses that clients have not read."},

    {"segrid_handshake_failures_total",         Type::kCounter,   {"listener", "reason"}, "TLS handshakes with clients that failed, by what was wrong."},
    {"segrid_refusals_total",                   Type::kCounter,   {"listener", "reason"}, "Calls, messages of streams and HTTP requests that were answered with an error, by its reason."},

    {"segrid_bytes_in_flight",                  Type::kGauge,     {}, "Bytes of the requests that all listeners process."},
    {"segrid_max_bytes_in_flight",              Type::kGauge,     {}, "The most that they may be."},

    {"segrid_webhook_replay_window_seconds",    Type::kGauge,     {"webhook"}, "How far back the signed time of a post may be; 0: it is not looked at."},
    {"segrid_webhook_requests_total",           Type::kCounter,   {"webhook", "outcome"}, "Requests to a webhook and what became of them."},
    {"segrid_http_connections",                 Type::kGauge,     {"listener"}, "Open connections."},
    {"segrid_http_connections_accepted_total",  Type::kCounter,   {"listener"}, "Connections that were accepted."},
    {"segrid_http_connections_cut_total",       Type::kCounter,   {"listener", "reason"}, "Connections that we refused or closed."},
    {"segrid_http_accept_failures_total",       Type::kCounter,   {"listener"}, "Connections that could not be accepted: no descriptors."},
    {"segrid_http_bytes_in_flight",             Type::kGauge,     {"listener"}, "Bytes of the bodies that are read or processed."},
    {"segrid_http_answers_total",               Type::kCounter,   {"listener", "code"}, "Answers by status."},
    {"segrid_http_request_seconds",             Type::kHistogram, {"listener"}, "From a request's head to the end of its answer."},
});
// clang-format on

inline constexpr std::size_t kMetricCount = kMetrics.size();

// The row of a name, for use where a metric is filled in. A name that is not in
// the table does not compile.
consteval std::size_t Row(std::string_view name) {
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    if (kMetrics[i].name == name) return i;
  }
  throw "no such metric";
}

constexpr std::size_t LabelCount(const MetricRow& row) {
  std::size_t count = 0;
  while (count < row.labels.size() && !row.labels[count].empty()) ++count;
  return count;
}

// `segrid_build_info` and its like: always 1, and what they say is in labels.
constexpr bool IsInfo(const MetricRow& row) {
  return row.type == Type::kGauge && row.name.ends_with("_info");
}

// The name that OpenMetrics has for a metric: without the suffix that each of
// its samples has.
constexpr std::string_view FamilyOf(const MetricRow& row) {
  std::string_view name = row.name;
  if (row.type == Type::kCounter) name.remove_suffix(sizeof("_total") - 1);
  if (IsInfo(row)) name.remove_suffix(sizeof("_info") - 1);
  return name;
}

// The unit that the name of a metric ends with; "" without one.
constexpr std::string_view UnitOf(const MetricRow& row) {
  for (const std::string_view unit : {"seconds", "bytes"}) {
    const std::string_view family = FamilyOf(row);
    if (family.ends_with(unit) &&
        family.substr(0, family.size() - unit.size()).ends_with("_")) {
      return unit;
    }
  }
  return "";
}

}  // namespace segrid::metrics
