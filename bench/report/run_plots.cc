#include "bench/report/run_plots.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace segrid::bench {
namespace {

const Axis kTime{.label = "time", .unit = AxisUnit::kSeconds};
const Axis kLatency{
    .label = "latency", .unit = AxisUnit::kSeconds, .is_log = true};

double Seconds(std::int64_t nanos) { return static_cast<double>(nanos) * 1e-9; }

// Whether the last slice is cut short: its rates are of a moment, and would be
// drawn as a fall or a peak that was none.
bool EndsWithPart(const RunResult& run) {
  constexpr double kWhole = 0.9;
  const std::size_t count = run.slices.size();
  return count > 1 &&
         run.slices[count - 1].seconds < kWhole * run.slices[count - 2].seconds;
}

// A line over the slices; `value` gives its height at one.
template <typename Value>
Line OverTime(const RunResult& run, Line line, const Value& value) {
  const std::size_t count = run.slices.size() - (EndsWithPart(run) ? 1 : 0);
  for (std::size_t i = 0; i < count; ++i) {
    const Slice& slice = run.slices[i];
    if (slice.seconds <= 0) continue;
    line.points.emplace_back(slice.at_seconds, value(slice));
  }
  return line;
}

Plot Percentiles(const RunResult& run) {
  const Histogram& latency = run.total.latency;
  Line line{.name = "latency", .color = 0, .is_filled = true, .points = {}};
  // Evenly spaced on the axis; it ends where one call is left.
  for (double turn = 1; turn <= static_cast<double>(latency.count());
       turn *= 1.12) {
    line.points.emplace_back(turn,
                             Seconds(latency.Percentile(100 * (1 - 1 / turn))));
  }
  if (latency.count() > 0) {
    line.points.emplace_back(static_cast<double>(latency.count()),
                             Seconds(latency.max()));
  }
  return {.title = "Latency by percentile",
          .x = {.label = "share of calls that were faster",
                .unit = AxisUnit::kPercentile,
                .is_log = true},
          .y = kLatency,
          .lines = {std::move(line)}};
}

Plot LatencyOverTime(const RunResult& run) {
  return {
      .title = "Latency over time",
      .x = kTime,
      .y = kLatency,
      .lines = {OverTime(run, {.name = "p50", .color = 1, .points = {}},
                         [](const Slice& s) { return Seconds(s.p50_ns); }),
                OverTime(run, {.name = "p99", .color = 2, .points = {}},
                         [](const Slice& s) { return Seconds(s.p99_ns); }),
                OverTime(run, {.name = "max", .color = 3, .points = {}},
                         [](const Slice& s) { return Seconds(s.max_ns); })}};
}

Plot Throughput(const RunResult& run) {
  Plot plot{
      .title = "Throughput over time",
      .x = kTime,
      .y = {.label = "calls/s", .unit = AxisUnit::kRate},
      .lines = {OverTime(
          run, {.name = "calls/s", .color = 0, .is_filled = true, .points = {}},
          [](const Slice& s) {
            return static_cast<double>(s.calls) / s.seconds;
          })}};
  if (run.total.errors() > 0) {
    plot.lines.push_back(
        OverTime(run, {.name = "errors/s", .color = 3, .points = {}},
                 [](const Slice& s) {
                   return static_cast<double>(s.errors) / s.seconds;
                 }));
  }
  return plot;
}

Plot Cpu(const RunResult& run) {
  Plot plot{.title = "CPU",
            .x = kTime,
            .y = {.label = "cores"},
            .lines = {OverTime(
                run, {.name = "this tool, cores", .color = 4, .points = {}},
                [](const Slice& s) { return s.client_cores; })}};
  if (run.server) {
    plot.lines.push_back(
        OverTime(run, {.name = "server, cores", .color = 0, .points = {}},
                 [](const Slice& s) { return s.server_cores; }));
  }
  return plot;
}

Plot Memory(const RunResult& run) {
  return {.title = "Memory of the server",
          .x = kTime,
          .y = {.label = "bytes", .unit = AxisUnit::kBytes},
          .lines = {OverTime(
              run,
              {.name = "resident", .color = 1, .is_filled = true, .points = {}},
              [](const Slice& s) {
                return static_cast<double>(s.server_rss_bytes);
              })}};
}

Plot LatencyByRate(const RunResult& run) {
  struct Row {
    const char* name;
    int color;
    double percent;
  };
  Plot plot{.title = "Latency by rate",
            .x = {.label = "intended calls/s", .unit = AxisUnit::kRate},
            .y = kLatency,
            .lines = {}};
  for (const Row& row :
       {Row{"p50", 1, 50}, Row{"p99", 2, 99}, Row{"max", 3, 100}}) {
    Line line{.name = row.name, .color = row.color, .points = {}};
    for (const StepResult& step : run.steps) {
      line.points.emplace_back(
          step.target_rate,
          Seconds(step.tally.latency.Percentile(row.percent)));
    }
    std::sort(line.points.begin(), line.points.end());
    plot.lines.push_back(std::move(line));
  }
  return plot;
}

}  // namespace

std::vector<Plot> RunPlots(const RunResult& run) {
  std::vector<Plot> plots;
  if (run.steps.size() > 1) plots.push_back(LatencyByRate(run));
  plots.push_back(Percentiles(run));
  plots.push_back(LatencyOverTime(run));
  plots.push_back(Throughput(run));
  plots.push_back(Cpu(run));
  if (run.server) plots.push_back(Memory(run));
  return plots;
}

}  // namespace segrid::bench
