#include "bench/suite/rounds.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

constexpr std::int64_t kProbes = 64;  // As many as there are payloads.

const char* NameOf(Input input) {
  return input == Input::kJson ? "JSON → batch JSON" : "typed → tracks";
}

// A payload of the echo service that has `bytes` on the wire.
std::string EchoBody(std::int64_t bytes) {
  const std::int64_t overhead = bytes < 128 + 7 ? 7 : bytes < 16391 ? 8 : 9;
  return std::string(
      static_cast<std::size_t>(std::max<std::int64_t>(1, bytes - overhead)),
      'e');
}

absl::Status NoSuccess(const RunOptions& run, const RunResult& result) {
  return absl::UnavailableError(
      absl::StrCat(std::string(RowOf(run.payload.method).name), " at ",
                   run.target.address, ": ", result.total.errors(), " of ",
                   result.total.calls(), " calls failed; first error: ",
                   result.first_error.empty() ? "none" : result.first_error));
}

absl::StatusOr<RunResult> RunChecked(const RunOptions& run) {
  SEGRID_ASSIGN_OR_RETURN(RunResult result, bench::Run(run));
  if (result.total.successes() == 0 || result.total.errors() > 0) {
    return NoSuccess(run, result);
  }
  return result;
}

}  // namespace

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half]
                                : (values[half - 1] + values[half]) / 2;
}

RunOptions Rounds::Load(const std::string& address, Method method) const {
  RunOptions run;
  run.target.address = address;
  run.payload.method = method;
  run.payload.bodies = options_.bodies;
  run.warmup = options_.warmup;
  run.duration = options_.length;
  if (address == options_.product) run.server_pid = options_.product_pid;
  return run;
}

absl::StatusOr<Rounds::Pair> Rounds::EchoPair(const EchoCase& echo_case) const {
  Pair pair;
  pair.row.what =
      absl::StrCat("Transform ÷ raw echo, ", NameOf(echo_case.input), ", ",
                   echo_case.events, " events");
  pair.row.goal = echo_case.goal;
  pair.figure_run = Load(options_.product, Method::kTransform);
  pair.baseline_run = Load(options_.echo, Method::kEcho);
  RunOptions& run = pair.figure_run;
  run.payload.input = echo_case.input;
  run.payload.output = echo_case.output;
  run.payload.batch = echo_case.events;
  run.connections = echo_case.connections;
  run.concurrency = echo_case.concurrency;

  // How many bytes go both ways: the echo gets as many.
  RunOptions probe = run;
  probe.count = kProbes;
  probe.warmup = absl::ZeroDuration();
  SEGRID_ASSIGN_OR_RETURN(const RunResult sizes, RunChecked(probe));
  RunOptions& echo = pair.baseline_run;
  echo.connections = run.connections;
  echo.concurrency = run.concurrency;
  const std::int64_t calls = sizes.total.successes();
  echo.payload.bodies = {EchoBody(sizes.total.request_bytes / calls)};
  echo.payload.answer_bytes =
      static_cast<std::uint32_t>(sizes.total.response_bytes / calls);
  return pair;
}

Rounds::Pair Rounds::StreamPair(const StreamCase& stream) const {
  Pair pair;
  pair.row.what = absl::StrCat("TransformStream ÷ Transform, 1 event, ",
                               stream.concurrency, " in flight");
  pair.row.goal = stream.goal;
  pair.figure_run = Load(options_.product, Method::kTransformStream);
  pair.baseline_run = Load(options_.product, Method::kTransform);
  for (RunOptions* run : {&pair.figure_run, &pair.baseline_run}) {
    run->payload.input = Input::kTyped;
    run->payload.output = Output::kTracks;
    run->payload.batch = 1;
    run->concurrency = stream.concurrency;
  }
  return pair;
}

absl::StatusOr<double> Rounds::CallRate(const RunOptions& run) const {
  SEGRID_ASSIGN_OR_RETURN(const RunResult result, RunChecked(run));
  return static_cast<double>(result.total.successes()) / result.elapsed_seconds;
}

absl::Status Rounds::Measure(Pair& pair, bool baseline_first) const {
  double figure = 0;
  double baseline = 0;
  if (baseline_first) {
    SEGRID_ASSIGN_OR_RETURN(baseline, CallRate(pair.baseline_run));
  }
  SEGRID_ASSIGN_OR_RETURN(figure, CallRate(pair.figure_run));
  if (!baseline_first) {
    SEGRID_ASSIGN_OR_RETURN(baseline, CallRate(pair.baseline_run));
  }
  pair.figures.push_back(figure);
  pair.baselines.push_back(baseline);
  pair.ratios.push_back(figure / baseline);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SuiteRow>> Rounds::Run() {
  std::vector<Pair> pairs;
  for (const EchoCase& echo_case : kEchoCases) {
    SEGRID_ASSIGN_OR_RETURN(Pair pair, EchoPair(echo_case));
    pairs.push_back(std::move(pair));
  }
  pairs.push_back(StreamPair({}));
  for (std::int32_t round = 0; round < options_.rounds; ++round) {
    for (Pair& pair : pairs) {
      if (options_.progress) {
        options_.progress(absl::StrCat("round ", round + 1, " of ",
                                       options_.rounds, ": ", pair.row.what));
      }
      SEGRID_RETURN_IF_ERROR(Measure(pair, round % 2 == 1));
    }
  }
  std::vector<SuiteRow> rows;
  for (Pair& pair : pairs) {
    pair.row.figure = MedianOf(pair.figures);
    pair.row.baseline = MedianOf(pair.baselines);
    pair.row.ratio = MedianOf(pair.ratios);
    JudgeRow(pair.row);
    rows.push_back(std::move(pair.row));
  }
  return rows;
}

absl::StatusOr<std::vector<SuiteRow>> Rounds::Memory(absl::Duration duration) {
  const MemoryCase memory;
  const std::string what =
      absl::StrCat("memory of the server, ", memory.connections,
                   " connections × ", memory.events, " events");
  if (options_.progress) options_.progress(what);
  RunOptions run = Load(options_.product, Method::kTransform);
  run.payload.batch = memory.events;
  run.connections = memory.connections;
  run.concurrency = memory.concurrency;
  run.duration = duration;
  SEGRID_ASSIGN_OR_RETURN(const RunResult result, RunChecked(run));
  if (!result.server || result.slices.empty()) {
    return absl::UnavailableError("the server's memory cannot be read");
  }
  const auto early = std::find_if(
      result.slices.begin(), result.slices.end() - 1, [&](const Slice& slice) {
        return slice.at_seconds >= absl::ToDoubleSeconds(duration) / 10;
      });
  SuiteRow rss{.what = what,
               .unit = Unit::kBytes,
               .figure = static_cast<double>(result.server->rss_bytes),
               .goal = memory.rss_goal_bytes,
               .goal_is_of_figure = true,
               .goal_is_ceiling = true};
  SuiteRow growth{.what = "the same, at the end ÷ after a tenth of the time",
                  .unit = Unit::kBytes,
                  .figure = rss.figure,
                  .baseline = static_cast<double>(early->server_rss_bytes),
                  .goal = memory.growth_goal,
                  .goal_is_ceiling = true};
  growth.ratio = *growth.figure / *growth.baseline;
  JudgeRow(rss);
  JudgeRow(growth);
  return std::vector<SuiteRow>{rss, growth};
}

}  // namespace segrid::bench
