#include "bench/stats/metric_catalog.h"

#include <array>
#include <cmath>

#include "absl/strings/str_format.h"

namespace segrid::bench {
namespace {

using Value = std::optional<double>;

template <int kPermille>
Value Latency(const RunResult& run) {
  if (run.total.latency.count() == 0) return std::nullopt;
  return static_cast<double>(run.total.latency.Percentile(kPermille / 10.0)) *
         1e-9;
}
Value Min(const RunResult& run) {
  if (run.total.latency.count() == 0) return std::nullopt;
  return static_cast<double>(run.total.latency.min()) * 1e-9;
}
Value Mean(const RunResult& run) {
  if (run.total.latency.count() == 0) return std::nullopt;
  return run.total.latency.mean() * 1e-9;
}

double PerSecond(std::int64_t count, const RunResult& run) {
  return run.elapsed_seconds > 0
             ? static_cast<double>(count) / run.elapsed_seconds
             : 0;
}
Value CallRate(const RunResult& run) {
  return PerSecond(run.total.successes(), run);
}
Value EventRate(const RunResult& run) {
  return PerSecond(run.total.events, run);
}
Value ByteRate(const RunResult& run) {
  return PerSecond(run.total.request_bytes + run.total.response_bytes, run);
}
Value RequestByteRate(const RunResult& run) {
  return PerSecond(run.total.request_bytes, run);
}
Value ResponseByteRate(const RunResult& run) {
  return PerSecond(run.total.response_bytes, run);
}

Value Calls(const RunResult& run) {
  return static_cast<double>(run.total.calls());
}
Value Errors(const RunResult& run) {
  return static_cast<double>(run.total.errors());
}
Value ErrorShare(const RunResult& run) {
  const std::int64_t calls = run.total.calls();
  if (calls == 0) return std::nullopt;
  return static_cast<double>(run.total.errors()) / static_cast<double>(calls);
}
Value NotSent(const RunResult& run) {
  return static_cast<double>(run.total.codes[kNotSent]);
}

Value ClientCores(const RunResult& run) { return run.client.cores; }
Value ClientRss(const RunResult& run) {
  return static_cast<double>(run.client.rss_bytes);
}
Value ServerCores(const RunResult& run) {
  if (!run.server) return std::nullopt;
  return run.server->cores;
}
Value ServerRss(const RunResult& run) {
  if (!run.server) return std::nullopt;
  return static_cast<double>(run.server->rss_bytes);
}
Value ServerPeakRss(const RunResult& run) {
  if (!run.server) return std::nullopt;
  return static_cast<double>(run.server->peak_rss_bytes);
}
Value EventsPerCpuSecond(const RunResult& run) {
  if (!run.server || run.server->cpu_seconds <= 0) return std::nullopt;
  return static_cast<double>(run.total.events) / run.server->cpu_seconds;
}

// clang-format off
constexpr std::array kMetrics = {
    MetricRow{"calls/s", "calls_per_second", Unit::kPerSecond, false, "successful calls per second", CallRate},
    MetricRow{"events/s", "events_per_second", Unit::kPerSecond, false, "events in successful calls per second", EventRate},
    MetricRow{"bytes/s", "bytes_per_second", Unit::kBytesPerSecond, false, "message bytes of successful calls, both ways, per second", ByteRate},
    MetricRow{"request bytes/s", "request_bytes_per_second", Unit::kBytesPerSecond, false, "message bytes sent per second", RequestByteRate},
    MetricRow{"response bytes/s", "response_bytes_per_second", Unit::kBytesPerSecond, false, "message bytes received per second", ResponseByteRate},
    MetricRow{"min", "min_seconds", Unit::kSeconds, true, "shortest latency", Min},
    MetricRow{"mean", "mean_seconds", Unit::kSeconds, true, "mean latency", Mean},
    MetricRow{"p50", "p50_seconds", Unit::kSeconds, true, "median latency", Latency<500>},
    MetricRow{"p90", "p90_seconds", Unit::kSeconds, true, "latency that 90 % do not exceed", Latency<900>},
    MetricRow{"p99", "p99_seconds", Unit::kSeconds, true, "latency that 99 % do not exceed", Latency<990>},
    MetricRow{"p99.9", "p999_seconds", Unit::kSeconds, true, "latency that 99.9 % do not exceed", Latency<999>},
    MetricRow{"max", "max_seconds", Unit::kSeconds, true, "longest latency", Latency<1000>},
    MetricRow{"calls", "calls", Unit::kCount, false, "calls that ended, or could not be sent", Calls},
    MetricRow{"errors", "errors", Unit::kCount, true, "calls that did not succeed", Errors},
    MetricRow{"error share", "error_share", Unit::kShare, true, "errors in calls", ErrorShare},
    MetricRow{"not sent", "not_sent", Unit::kCount, true, "open loop: calls that never could be sent", NotSent},
    MetricRow{"client cpu", "client_cores", Unit::kCores, true, "cores this tool used", ClientCores},
    MetricRow{"client rss", "client_rss_bytes", Unit::kBytes, true, "memory of this tool at the end", ClientRss},
    MetricRow{"server cpu", "server_cores", Unit::kCores, true, "cores the server used", ServerCores},
    MetricRow{"server rss", "server_rss_bytes", Unit::kBytes, true, "memory of the server at the end", ServerRss},
    MetricRow{"server peak rss", "server_peak_rss_bytes", Unit::kBytes, true, "most memory the server had since it started", ServerPeakRss},
    MetricRow{"events/cpu s", "events_per_server_cpu_second", Unit::kPerSecond, false, "events per second of server CPU", EventsPerCpuSecond},
};
// clang-format on

std::string Scaled(double value, double step, const char* const (&units)[4]) {
  int unit = 0;
  while (unit < 3 && std::abs(value) >= step) {
    value /= step;
    ++unit;
  }
  const int decimals = std::abs(value) < 10 ? 2 : std::abs(value) < 100 ? 1 : 0;
  return absl::StrFormat("%.*f%s", unit == 0 && step == 1024 ? 0 : decimals,
                         value, units[unit]);
}

}  // namespace

std::span<const MetricRow> Metrics() { return kMetrics; }

const MetricRow* FindMetric(std::string_view name) {
  for (const MetricRow& row : kMetrics) {
    if (row.name == name || row.key == name) return &row;
  }
  return nullptr;
}

std::string FormatValue(Unit unit, double value) {
  switch (unit) {
    case Unit::kSeconds:
      return Scaled(value * 1e9, 1000, {" ns", " us", " ms", " s"});
    case Unit::kPerSecond:
      return Scaled(value, 1000, {" /s", " k/s", " M/s", " G/s"});
    case Unit::kBytesPerSecond:
      return Scaled(value, 1024, {" B/s", " KiB/s", " MiB/s", " GiB/s"});
    case Unit::kBytes:
      return Scaled(value, 1024, {" B", " KiB", " MiB", " GiB"});
    case Unit::kShare:
      return absl::StrFormat("%.3g %%", value * 100);
    case Unit::kCores:
      return absl::StrFormat("%.2f cores", value);
    case Unit::kRatio:
      return absl::StrFormat("%.2f", value);
    case Unit::kCount:
      break;
  }
  return absl::StrFormat("%.0f", value);
}

}  // namespace segrid::bench
