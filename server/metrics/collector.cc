#include "server/metrics/collector.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/version.h"
#include "core/deliver/orphans.h"
#include "core/http/gzip.h"
#include "server/http/negotiation.h"
#include "server/metrics/process_figures.h"
#include "server/webhook/outcome.h"

namespace segrid::metrics {
namespace {

constexpr std::array kStates = {
    std::pair(deliver::SourceState::kRunning, std::string_view("running")),
    std::pair(deliver::SourceState::kBackingOff,
              std::string_view("backing_off")),
    std::pair(deliver::SourceState::kRateLimited,
              std::string_view("rate_limited")),
    std::pair(deliver::SourceState::kMisconfigured,
              std::string_view("misconfigured")),
    std::pair(deliver::SourceState::kPaused, std::string_view("paused")),
    std::pair(deliver::SourceState::kOrphaned, std::string_view("orphaned"))};

// By TextFormat; the first is for clients without a preference.
constexpr std::array<httpd::MediaType, 2> kMediaTypes = {{
    {"text/plain", "0.0.4"},
    {"application/openmetrics-text", "1.0.0"},
}};

void AddLane(Exposition& out, const std::string& source,
             const queue::LaneStats& lane, absl::Time now) {
  const auto add = [&](std::size_t row, std::int64_t value) {
    out.Add(row, static_cast<double>(value), {source});
  };
  add(Row("segrid_queue_accepted_total"), lane.accepted);
  add(Row("segrid_queue_duplicates_total"), lane.duplicates);
  add(Row("segrid_queue_pending"), lane.pending);
  add(Row("segrid_queue_pending_bytes"), lane.pending_bytes);
  add(Row("segrid_queue_delivered_total"), lane.delivered);
  add(Row("segrid_queue_dead"), lane.dead);
  add(Row("segrid_queue_expired"), lane.expired);
  add(Row("segrid_queue_purged_total"), lane.purged);
  add(Row("segrid_dead_letters"), lane.dead_letters);
  add(Row("segrid_dead_letter_bytes"), lane.dead_letter_bytes);
  const absl::Duration age =
      lane.oldest_pending_time == absl::InfiniteFuture()
          ? absl::ZeroDuration()
          : std::max(now - lane.oldest_pending_time, absl::ZeroDuration());
  out.Add(Row("segrid_queue_oldest_age_seconds"), absl::ToDoubleSeconds(age),
          {source});
}

void AddSource(Exposition& out, const deliver::SourceStatus& source) {
  for (const auto& [state, name] : kStates) {
    out.Add(Row("segrid_source_state"), source.state == state ? 1 : 0,
            {source.name, name});
  }
  out.Add(Row("segrid_delivery_in_flight"), source.in_flight, {source.name});
  out.Add(Row("segrid_delivery_attempts_total"),
          static_cast<double>(source.attempts), {source.name});
  out.Add(Row("segrid_delivery_failed_attempts_total"),
          static_cast<double>(source.failed_attempts), {source.name});
}

// It costs time to count them, and there are nearly never any.
void AddOverdue(Exposition& out, const deliver::SourceStatus& source,
                const Sources& sources) {
  absl::StatusOr<std::int64_t> overdue = 0;
  if (source.dead_letters_full) {
    overdue = sources.queue->CountPendingUntil(
        source.lane, sources.clock->Now() - source.max_age);
  }
  if (!overdue.ok()) return;
  out.Add(Row("segrid_queue_overdue"), static_cast<double>(*overdue),
          {source.name});
}

void AddStore(Exposition& out, queue::Queue& queue) {
  const auto store = queue.GetStoreStats();
  if (!store.ok()) return;
  out.Add(Row("segrid_queue_bytes"), static_cast<double>(store->bytes));
  out.Add(Row("segrid_queue_max_bytes"), static_cast<double>(store->max_bytes));
  out.Add(Row("segrid_dedup_ids"), static_cast<double>(store->dedup_ids));
  out.Add(Row("segrid_dedup_window_seconds"),
          absl::ToDoubleSeconds(store->dedup_window));
  const queue::BackupStats& backups = store->backups;
  const bool ever = backups.last_time > absl::InfinitePast();
  out.Add(
      Row("segrid_backup_last_success_timestamp_seconds"),
      ever ? absl::ToDoubleSeconds(backups.last_time - absl::UnixEpoch()) : 0);
  out.Add(Row("segrid_backup_last_bytes"),
          static_cast<double>(backups.last_bytes));
  out.Add(Row("segrid_backups_total"), static_cast<double>(backups.done),
          {"done"});
  out.Add(Row("segrid_backups_total"), static_cast<double>(backups.failed),
          {"failed"});
}

void AddListener(Exposition& out, const httpd::Listener& listener) {
  const httpd::Counts& counts = listener.counts();
  const std::string_view name = listener.options().name;
  const auto add = [&](std::size_t row, std::int64_t value) {
    out.Add(row, static_cast<double>(value), {name});
  };
  add(Row("segrid_http_connections"), counts.open);
  add(Row("segrid_http_connections_accepted_total"), counts.accepted);
  add(Row("segrid_http_accept_failures_total"), counts.accept_failures);
  add(Row("segrid_http_bytes_in_flight"), listener.bytes_in_flight());
  out.Add(Row("segrid_http_request_seconds"), counts.seconds.Figures(), {name});
  for (std::size_t i = 0; i < httpd::kCutCount; ++i) {
    out.Add(Row("segrid_http_connections_cut_total"),
            static_cast<double>(counts.cuts[i].load()),
            {name, httpd::kCutNames[i]});
  }
  for (std::size_t i = 0; i < counts.answers.size(); ++i) {
    const std::int64_t answers = counts.answers[i];
    if (answers == 0 && i != 200) continue;
    out.Add(Row("segrid_http_answers_total"), static_cast<double>(answers),
            {name, std::to_string(i)});
  }
}

void AddWebhook(Exposition& out, const webhook::Webhook& webhook) {
  out.Add(Row("segrid_webhook_replay_window_seconds"),
          absl::ToDoubleSeconds(webhook.replay_window()), {webhook.name()});
  for (std::size_t i = 0; i < webhook::kOutcomeCount; ++i) {
    const std::int64_t count =
        webhook.counts().Get(static_cast<webhook::Outcome>(i));
    out.Add(Row("segrid_webhook_requests_total"), static_cast<double>(count),
            {webhook.name(), webhook::kOutcomeNames[i]});
  }
}

void AddGrpcListener(Exposition& out, const Sources& sources) {
  const auto add = [&out](std::size_t row, std::int64_t value) {
    out.Add(row, static_cast<double>(value));
  };
  if (sources.grpc_connections) {
    const Connections connections = sources.grpc_connections();
    add(Row("segrid_grpc_connections"), connections.open);
    add(Row("segrid_grpc_connections_accepted_total"), connections.accepted);
    add(Row("segrid_grpc_connections_refused_total"), connections.refused);
    add(Row("segrid_grpc_accept_failures_total"), connections.accept_failures);
    add(Row("segrid_grpc_handshakes_ended_total"),
        connections.handshakes_ended);
    add(Row("segrid_grpc_floods_ended_total"), connections.floods_ended);
  }
  if (sources.grpc_bytes != nullptr) {
    add(Row("segrid_grpc_bytes_in_flight"), sources.grpc_bytes->used_bytes());
  }
  if (sources.all_bytes != nullptr) {
    add(Row("segrid_bytes_in_flight"), sources.all_bytes->used_bytes());
    add(Row("segrid_max_bytes_in_flight"), sources.all_bytes->max_bytes());
  }
}

}  // namespace

std::string_view NameOf(deliver::SourceState state) {
  for (const auto& [each, name] : kStates) {
    if (each == state) return name;
  }
  return "unknown";
}

std::string Collect(const Sources& sources, TextFormat format) {
  Exposition out(format);
  out.Add(Row("segrid_build_info"), 1, {base::kVersion});
  AddTo(out, ReadProcessFigures());
  if (sources.ready) out.Add(Row("segrid_ready"), sources.ready() ? 1 : 0);
  if (sources.reloads != nullptr && sources.failed_reloads != nullptr) {
    out.Add(Row("segrid_reloads_total"),
            static_cast<double>(sources.reloads->load()), {"done"});
    out.Add(Row("segrid_reloads_total"),
            static_cast<double>(sources.failed_reloads->load()), {"failed"});
  }
  if (sources.events != nullptr) sources.events->AddTo(out);
  if (sources.calls != nullptr) sources.calls->AddTo(out);
  if (sources.queue != nullptr) AddStore(out, *sources.queue);
  if (sources.deliverer != nullptr) {
    for (const deliver::SourceStatus& source :
         deliver::StatusesWithOrphans(*sources.deliverer, *sources.queue)) {
      AddSource(out, source);
      const auto lane = sources.queue->GetLaneStats(source.lane);
      if (lane.ok()) AddLane(out, source.name, *lane, sources.clock->Now());
      AddOverdue(out, source, sources);
    }
  }
  if (sources.deliveries != nullptr) {
    for (const auto& delivery : sources.deliveries->All()) delivery->AddTo(out);
  }
  AddGrpcListener(out, sources);
  if (sources.refusals != nullptr) sources.refusals->AddTo(out);
  if (sources.webhooks) {
    for (const auto& webhook : sources.webhooks()) AddWebhook(out, *webhook);
  }
  if (sources.listeners) {
    for (const httpd::Listener* listener : sources.listeners())
      AddListener(out, *listener);
  }
  return out.Text();
}

httpd::Answer MetricsAnswer(const Sources& sources,
                            const httpd::Request& request) {
  const std::size_t format =
      httpd::PreferredType(httpd::ListHeaderOf(request, "Accept"), kMediaTypes);
  httpd::Answer answer;
  answer.content_type = std::string(kMediaTypes[format].type)
                            .append("; version=")
                            .append(kMediaTypes[format].version)
                            .append("; charset=utf-8");
  answer.headers.emplace_back("Vary", "Accept, Accept-Encoding");
  answer.body = Collect(sources, static_cast<TextFormat>(format));
  if (!httpd::PrefersGzip(httpd::ListHeaderOf(request, "Accept-Encoding"))) {
    return answer;
  }
  // Without memory for it the plain text is an answer, too.
  if (auto packed = http::Gzip(answer.body); packed.ok()) {
    answer.body = *std::move(packed);
    answer.headers.emplace_back("Content-Encoding", "gzip");
  }
  return answer;
}

}  // namespace segrid::metrics
