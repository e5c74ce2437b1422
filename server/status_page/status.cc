#include "server/status_page/status.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/version.h"
#include "core/deliver/orphans.h"
#include "core/queue/dead_letter.h"
#include "server/metrics/collector.h"
#include "server/metrics/process_figures.h"
#include "server/status_page/json_text.h"
#include "server/status_page/page.h"

namespace segrid::status_page {
namespace {

constexpr std::int32_t kDeadLettersPerSource = 10;
constexpr std::size_t kMaxDeadLetters = 20;

std::int64_t Millis(absl::Time time) { return absl::ToUnixMillis(time); }

// "HTTP 404" of "HTTP 404: …"; the rest are the receiver's words.
std::string_view CodeOf(std::string_view answer) {
  const bool is_http = answer.substr(0, 5) == "HTTP " && answer.size() >= 8 &&
                       answer.substr(5, 3).find_first_not_of("0123456789") ==
                           std::string_view::npos;
  return is_http ? answer.substr(0, 8) : std::string_view();
}

void WriteHistory(JsonText& json, const std::vector<Step>& steps) {
  json.Open('[', "history");
  for (const Step& step : steps) {
    json.Open('[')
        .Number("", step.tracks)
        .Number("", step.skipped)
        .Number("", step.rejected)
        .Number("", step.delivered)
        .Number("", step.failed_attempts)
        .Close(']');
  }
  json.Close(']');
}

void WriteLatency(JsonText& json, const Sources& sources,
                  const std::string& source) {
  const metrics::HistogramFigures figures =
      sources.latency->Of(source, sources.clock->Uptime());
  json.Number("latency_p50", figures.Quantile(0.5));
  json.Number("latency_p99", figures.Quantile(0.99));
  json.Number("latency_count", figures.count());
}

void WriteSource(JsonText& json, const Sources& sources,
                 const deliver::SourceStatus& source) {
  json.Open('{').Text("name", source.name).Text("endpoint", source.endpoint);
  if (sources.label != nullptr) json.Text("label", sources.label(source.name));
  json.Text("state", metrics::NameOf(source.state));
  json.Text("detail", source.detail);
  json.Text("last_answer", source.last_answer);
  if (source.next_attempt != absl::InfiniteFuture()) {
    json.Number("next_attempt", Millis(source.next_attempt));
  }
  json.Number("in_flight", std::int64_t{source.in_flight});
  json.Number("attempts", source.attempts);
  json.Number("failed_attempts", source.failed_attempts);
  if (const auto lane = sources.queue->GetLaneStats(source.lane); lane.ok()) {
    json.Number("accepted", lane->accepted);
    json.Number("delivered", lane->delivered);
    json.Number("pending", lane->pending);
    json.Number("pending_bytes", lane->pending_bytes);
    json.Number("duplicates", lane->duplicates);
    json.Number("dead_letters", lane->dead_letters);
    json.Number("expired", lane->expired);
    json.Number("purged", lane->purged);
    if (lane->oldest_pending_time != absl::InfiniteFuture()) {
      json.Number("oldest", Millis(lane->oldest_pending_time));
    }
  }
  WriteLatency(json, sources, source.name);
  json.Close('}');
}

void WriteDeadLetters(JsonText& json, queue::Queue& queue,
                      const std::vector<deliver::SourceStatus>& statuses) {
  std::vector<queue::DeadLetter> letters;
  for (const deliver::SourceStatus& source : statuses) {
    queue::DeadLetterQuery query;
    query.filter.lane = source.lane;
    query.page_size = kDeadLettersPerSource;
    auto page = queue.ListDeadLetters(query);
    if (!page.ok()) continue;
    for (auto& letter : page->dead_letters) letter.lane = source.name;
    std::move(page->dead_letters.begin(), page->dead_letters.end(),
              std::back_inserter(letters));
  }
  std::sort(letters.begin(), letters.end(), [](const auto& a, const auto& b) {
    return a.dead_time > b.dead_time;
  });
  letters.resize(std::min(letters.size(), kMaxDeadLetters));
  json.Open('[', "dead_letters");
  for (const queue::DeadLetter& letter : letters) {
    json.Open('{')
        .Text("source", letter.lane)
        .Number("id", static_cast<std::int64_t>(letter.id))
        .Number("time", Millis(letter.dead_time))
        .Text("reason", letter.reason)
        .Text("answer", CodeOf(letter.answer))
        .Number("attempts", std::int64_t{letter.attempts})
        .Close('}');
  }
  json.Close(']');
}

void WriteStore(JsonText& json, queue::Queue& queue) {
  const auto store = queue.GetStoreStats();
  if (!store.ok()) return;
  json.Open('{', "store")
      .Number("bytes", store->bytes)
      .Number("max_bytes", store->max_bytes)
      .Number("dedup_ids", store->dedup_ids)
      .Close('}');
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
  JsonText json;
  const std::string reason = sources.not_ready_reason();
  const metrics::ProcessFigures process = metrics::ReadProcessFigures();
  const Totals totals = TakeTotals(sources);
  json.Open('{').Text("version", base::kVersion);
  json.Number("now", Millis(sources.clock->Now()));
  json.Number("started", Millis(sources.start_time));
  json.Flag("ready", reason.empty()).Text("not_ready_reason", reason);
  json.Number("memory", process.resident_bytes);
  json.Number("cpu", process.cpu_seconds);
  json.Number("step", absl::ToInt64Seconds(History::kStep));
  json.Open('{', "totals")
      .Number("received", totals.received)
      .Number("tracks", totals.tracks)
      .Number("skipped", totals.skipped)
      .Number("rejected", totals.rejected)
      .Number("delivered", totals.delivered)
      .Close('}');
  WriteHistory(json, sources.history->Steps());
  WriteStore(json, *sources.queue);
  const auto statuses =
      deliver::StatusesWithOrphans(*sources.deliverer, *sources.queue);
  json.Open('[', "sources");
  for (const auto& source : statuses) WriteSource(json, sources, source);
  json.Close(']');
  WriteDeadLetters(json, *sources.queue, statuses);
  json.Close('}');
  return json.text();
}

void AddRoutes(httpd::Router& router, Sources sources) {
  router.Add(httpd::GetRoute("/", [](const httpd::Request&) {
    httpd::Answer answer;
    answer.content_type = "text/html; charset=utf-8";
    answer.body = std::string(kPage);
    // The page needs nothing but itself and its figures.
    answer.headers = {
        {"Content-Security-Policy",
         "default-src 'none'; style-src 'unsafe-inline'; script-src "
         "'unsafe-inline'; connect-src 'self'; img-src data:; "
         "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
        {"Referrer-Policy", "no-referrer"}};
    return answer;
  }));
  router.Add(httpd::GetRoute(
      "/status.json", [sources = std::move(sources)](const httpd::Request&) {
        httpd::Answer answer;
        answer.body = StatusJson(sources);
        return answer;
      }));
}

}  // namespace segrid::status_page
