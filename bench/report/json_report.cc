#include <algorithm>
#include <optional>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "bench/report/report.h"
#include "bench/stats/codes.h"
#include "bench/stats/json_writer.h"
#include "bench/stats/metric_catalog.h"
#include "core/base/version.h"

namespace segrid::bench {
namespace {

double Seconds(std::int64_t nanos) { return static_cast<double>(nanos) * 1e-9; }

void Pair(JsonWriter& out, std::string_view key, double value) {
  out.Key(key);
  out.Number(value);
}
void Pair(JsonWriter& out, std::string_view key, std::int64_t value) {
  out.Key(key);
  out.Integer(value);
}
void Pair(JsonWriter& out, std::string_view key, const std::string& value) {
  out.Key(key);
  out.String(value);
}

void WriteLatency(JsonWriter& out, const Histogram& latency) {
  Pair(out, "p50_seconds", Seconds(latency.Percentile(50)));
  Pair(out, "p90_seconds", Seconds(latency.Percentile(90)));
  Pair(out, "p99_seconds", Seconds(latency.Percentile(99)));
  Pair(out, "p999_seconds", Seconds(latency.Percentile(99.9)));
  Pair(out, "max_seconds", Seconds(latency.max()));
}

void WriteMetrics(JsonWriter& out, const RunResult& run) {
  out.Key("metrics");
  out.BeginObject();
  for (const MetricRow& row : Metrics()) {
    const std::optional<double> value = row.value(run);
    if (value) Pair(out, row.key, *value);
  }
  out.EndObject();
}

void WriteCodes(JsonWriter& out, const Tally& tally) {
  out.Key("codes");
  out.BeginObject();
  for (std::size_t i = 0; i < kCodeCount; ++i) {
    if (tally.codes[i] > 0) Pair(out, kCodeNames[i], tally.codes[i]);
  }
  out.EndObject();
}

void WriteSteps(JsonWriter& out, const RunResult& run) {
  out.Key("steps");
  out.BeginArray();
  for (const StepResult& step : run.steps) {
    out.BeginObject();
    Pair(out, "target_calls_per_second", step.target_rate);
    Pair(out, "elapsed_seconds", step.elapsed_seconds);
    Pair(out, "calls_per_second",
         static_cast<double>(step.tally.successes()) /
             std::max(step.elapsed_seconds, 1e-9));
    Pair(out, "events", step.tally.events);
    WriteLatency(out, step.tally.latency);
    WriteCodes(out, step.tally);
    out.EndObject();
  }
  out.EndArray();
}

void WriteSlices(JsonWriter& out, const RunResult& run) {
  out.Key("timeline");
  out.BeginArray();
  for (const Slice& slice : run.slices) {
    out.BeginObject();
    Pair(out, "at_seconds", slice.at_seconds);
    Pair(out, "seconds", slice.seconds);
    Pair(out, "calls", slice.calls);
    Pair(out, "events", slice.events);
    Pair(out, "errors", slice.errors);
    Pair(out, "p50_seconds", Seconds(slice.p50_ns));
    Pair(out, "p99_seconds", Seconds(slice.p99_ns));
    Pair(out, "max_seconds", Seconds(slice.max_ns));
    Pair(out, "client_cores", slice.client_cores);
    Pair(out, "server_cores", slice.server_cores);
    Pair(out, "server_rss_bytes", slice.server_rss_bytes);
    out.EndObject();
  }
  out.EndArray();
}

// Pairs of a bucket's upper bound and its count: two runs' histograms can be
// added up exactly.
void WriteHistogram(JsonWriter& out, const Histogram& latency) {
  out.Key("histogram_ns");
  out.BeginArray();
  for (const Histogram::Bucket& bucket : latency.Buckets()) {
    out.BeginArray();
    out.Integer(bucket.upper);
    out.Integer(bucket.count);
    out.EndArray();
  }
  out.EndArray();
}

void WriteVerdicts(JsonWriter& out, const std::vector<Verdict>& verdicts) {
  out.Key("expectations");
  out.BeginArray();
  for (const Verdict& verdict : verdicts) {
    out.BeginObject();
    Pair(out, "text", verdict.text);
    out.Key("met");
    out.Bool(verdict.is_met);
    out.EndObject();
  }
  out.EndArray();
}

}  // namespace

std::string JsonReport(const RunResult& run,
                       const std::vector<Verdict>& verdicts) {
  JsonWriter out;
  out.BeginObject();
  Pair(out, "schema", std::string("segrid-bench/run/1"));
  Pair(out, "version", std::string(base::kVersion));
  Pair(out, "start_time",
       absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", run.start_time,
                        absl::UTCTimeZone()));
  Pair(out, "cores",
       static_cast<std::int64_t>(std::thread::hardware_concurrency()));
  out.Key("settings");
  out.BeginObject();
  for (const auto& [name, value] : run.settings) Pair(out, name, value);
  out.EndObject();
  Pair(out, "elapsed_seconds", run.elapsed_seconds);
  WriteMetrics(out, run);
  WriteCodes(out, run.total);
  if (!run.first_error.empty()) Pair(out, "first_error", run.first_error);
  WriteSteps(out, run);
  WriteSlices(out, run);
  WriteHistogram(out, run.total.latency);
  WriteVerdicts(out, verdicts);
  out.EndObject();
  return std::move(out).Take() + "\n";
}

}  // namespace segrid::bench
