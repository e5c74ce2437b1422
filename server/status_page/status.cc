#include "server/status_page/status.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/version.h"
#include "core/deliver/orphans.h"
#include "core/queue/dead_letter.h"
#include "server/metrics/collector.h"
#include "server/metrics/process_figures.h"
#include "server/status_page/json_builder.h"

namespace segrid::status_page {
namespace {

// A source and its ledger, which is unknown while the queue does not tell it.
struct Shown {
  deliver::SourceStatus status{};
  std::optional<queue::LaneStats> lane{};
};

// The dead letters of one source with one reason.
struct DeadLetterGroup {
  std::string source{};
  std::string lane{};
  queue::ReasonCount count{};
};

std::int64_t Millis(absl::Time time) { return absl::ToUnixMillis(time); }

// "HTTP 404" of "HTTP 404: …"; the rest are the receiver's words.
std::string_view CodeOf(std::string_view answer) {
  const bool is_http = answer.substr(0, 5) == "HTTP " && answer.size() >= 8 &&
                       answer.substr(5, 3).find_first_not_of("0123456789") ==
                           std::string_view::npos;
  return is_http ? answer.substr(0, 8) : std::string_view();
}

std::vector<Shown> AllSources(const Sources& sources) {
  std::vector<Shown> all;
  for (deliver::SourceStatus& status :
       deliver::StatusesWithOrphans(*sources.deliverer, *sources.queue)) {
    auto lane = sources.queue->GetLaneStats(status.lane);
    Shown& shown = all.emplace_back();
    shown.status = std::move(status);
    if (lane.ok()) shown.lane = *std::move(lane);
  }
  return all;
}

void WriteServers(JsonBuilder& json, const Sources& sources) {
  json.Open('[', "servers")
      .Open('{')
      .Text("name", sources.server_name)
      .Text("version", base::kVersion)
      .Number("started", Millis(sources.start_time))
      .Number("memory", metrics::ReadProcessFigures().resident_bytes)
      .Close('}')
      .Close(']');
}

void WriteTotals(JsonBuilder& json, const Totals& totals) {
  json.Open('{', "totals")
      .Number("received", totals.received)
      .Number("tracks", totals.tracks)
      .Number("skipped", totals.skipped)
      .Number("rejected", totals.rejected)
      .Number("delivered", totals.delivered)
      .Number("failed_attempts", totals.failed_attempts)
      .Close('}');
}

void WriteHistory(JsonBuilder& json, const std::vector<Step>& steps) {
  const auto column = [&](std::string_view name, std::int64_t Step::*member) {
    json.Open('[', name);
    for (const Step& step : steps) json.Number("", step.*member);
    json.Close(']');
  };
  json.Open('{', "history");
  json.Number("step", absl::ToInt64Seconds(History::kStep));
  column("tracks", &Step::tracks);
  column("skipped", &Step::skipped);
  column("rejected", &Step::rejected);
  column("delivered", &Step::delivered);
  column("failed_attempts", &Step::failed_attempts);
  json.Close('}');
}

void WriteStore(JsonBuilder& json, queue::Queue& queue) {
  const auto store = queue.GetStoreStats();
  if (!store.ok()) return;
  json.Open('{', "store")
      .Number("bytes", store->bytes)
      .Number("max_bytes", store->max_bytes)
      .Close('}');
}

void WriteLedger(JsonBuilder& json, const queue::LaneStats& lane) {
  json.Number("accepted", lane.accepted);
  json.Number("delivered", lane.delivered);
  json.Number("pending", lane.pending);
  json.Number("dead", lane.dead);
  json.Number("expired", lane.expired);
  json.Number("purged", lane.purged);
  json.Number("duplicates", lane.duplicates);
  json.Number("dead_letters", lane.dead_letters);
  json.Number("pending_bytes", lane.pending_bytes);
  if (lane.oldest_pending_time != absl::InfiniteFuture()) {
    json.Number("oldest", Millis(lane.oldest_pending_time));
  }
}

void WriteSource(JsonBuilder& json, const Sources& sources,
                 const Shown& shown) {
  const deliver::SourceStatus& source = shown.status;
  json.Open('{').Text("name", source.name).Text("endpoint", source.endpoint);
  if (source.state != deliver::SourceState::kOrphaned) {
    json.Text("owner", sources.server_name);
  }
  if (sources.label != nullptr) json.Text("label", sources.label(source.name));
  json.Text("state", metrics::NameOf(source.state));
  if (source.state_since != absl::InfinitePast()) {
    json.Number("since", Millis(source.state_since));
  }
  json.Text("detail", source.detail);
  json.Text("last_answer", source.last_answer);
  json.Flag("dead_letters_full", source.dead_letters_full);
  if (source.next_attempt != absl::InfiniteFuture()) {
    json.Number("next_attempt", Millis(source.next_attempt));
  }
  json.Number("in_flight", std::int64_t{source.in_flight});
  json.Number("attempts", source.attempts);
  json.Number("failed_attempts", source.failed_attempts);
  if (shown.lane.has_value()) WriteLedger(json, *shown.lane);
  const metrics::HistogramFigures latency =
      sources.latency->Of(source.name, sources.clock->Uptime());
  json.Number("latency_p50", latency.Quantile(0.5));
  json.Number("latency_p99", latency.Quantile(0.99));
  json.Number("latency_count", latency.count());
  json.Close('}');
}

// The largest first.
std::vector<DeadLetterGroup> DeadLetterGroups(const std::vector<Shown>& all) {
  std::vector<DeadLetterGroup> groups;
  for (const Shown& shown : all) {
    if (!shown.lane.has_value()) continue;
    for (const queue::ReasonCount& count : shown.lane->dead_letters_by_reason) {
      groups.push_back({shown.status.name, shown.status.lane, count});
    }
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const DeadLetterGroup& a, const DeadLetterGroup& b) {
                     return a.count.count > b.count.count;
                   });
  return groups;
}

void WriteDeadLetters(JsonBuilder& json, queue::Queue& queue,
                      const std::vector<Shown>& all) {
  std::vector<DeadLetterGroup> groups = DeadLetterGroups(all);
  json.Number("dead_letter_groups", std::ssize(groups));
  groups.resize(std::min(groups.size(), kMaxDeadLetterGroups));
  json.Open('[', "dead_letters");
  for (const DeadLetterGroup& group : groups) {
    queue::DeadLetterQuery newest;
    newest.filter.lane = group.lane;
    newest.filter.reason = group.count.reason;
    newest.page_size = 1;
    json.Open('{')
        .Text("source", group.source)
        .Text("reason", group.count.reason)
        .Number("count", group.count.count);
    const auto page = queue.ListDeadLetters(newest);
    if (page.ok() && !page->dead_letters.empty()) {
      const queue::DeadLetter& letter = page->dead_letters.front();
      json.Number("newest", Millis(letter.dead_time));
      json.Text("answer", CodeOf(letter.answer));
    }
    json.Close('}');
  }
  json.Close(']');
}

}  // namespace

Totals TakeTotals(const Sources& sources) {
  sources.latency->Look(sources.clock->Uptime());
  const metrics::EventTotals events = sources.events->Totals();
  Totals totals;
  totals.received = events.received;
  totals.tracks = events.tracks;
  totals.skipped = events.skipped;
  totals.rejected = events.rejected;
  for (const deliver::SourceStatus& source : sources.deliverer->Statuses()) {
    totals.delivered += source.messages_sent;
    totals.failed_attempts += source.failed_attempts;
  }
  return totals;
}

std::string StatusJson(const Sources& sources) {
  JsonBuilder json;
  const std::string reason = sources.not_ready_reason();
  json.Open('{').Number("now", Millis(sources.clock->Now()));
  json.Flag("ready", reason.empty()).Text("not_ready_reason", reason);
  WriteServers(json, sources);
  WriteTotals(json, TakeTotals(sources));
  WriteHistory(json, sources.history->Steps());
  WriteStore(json, *sources.queue);
  const std::vector<Shown> all = AllSources(sources);
  json.Open('[', "sources");
  for (const Shown& shown : all) WriteSource(json, sources, shown);
  json.Close(']');
  WriteDeadLetters(json, *sources.queue, all);
  json.Close('}');
  return json.text();
}

}  // namespace segrid::status_page
