#include "bench/suite/rounds.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/suite/affinity.h"
#include "bench/suite/median.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

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

Rounds::Pair Rounds::ForwardPair(const ForwardCase& forward) const {
  Pair pair;
  pair.row.what =
      absl::StrCat("Forward, durable ÷ Transform, ", forward.connections,
                   " connections × ", forward.events, " events");
  pair.row.goal = forward.goal;
  pair.figure_run = Load(options_.product, Method::kForward);
  pair.baseline_run = Load(options_.product, Method::kTransform);
  for (RunOptions* run : {&pair.figure_run, &pair.baseline_run}) {
    run->payload.batch = forward.events;
    run->connections = forward.connections;
    run->concurrency = forward.concurrency;
  }
  return pair;
}

Rounds::Pair Rounds::CoresPair(const CoresCase& cores) const {
  Pair pair;
  pair.row.what = absl::StrCat(
      std::string(RowOf(cores.method).name), ", capacity of the server on ",
      AvailableCores(), " cores ÷ on 1 core, the tool's CPU time left out, ",
      cores.events, " events");
  pair.row.goal = cores.goal;
  pair.baseline_cores = 1;
  pair.figure_run = Load(options_.product, cores.method);
  pair.figure_run.payload.batch = cores.events;
  pair.figure_run.connections = cores.connections;
  pair.figure_run.concurrency = cores.concurrency;
  pair.baseline_run = pair.figure_run;
  return pair;
}

void Rounds::Prepare() {
  pairs_.push_back(StreamPair({}));
  pairs_.push_back(ForwardPair({}));
  if (AvailableCores() == 1) return;
  for (const CoresCase& cores : kCoresCases) {
    pairs_.push_back(CoresPair(cores));
  }
}

absl::StatusOr<Rounds::Side> Rounds::MeasureSide(const RunOptions& run) {
  SEGRID_ASSIGN_OR_RETURN(const RunResult result, RunChecked(run));
  const auto calls = static_cast<double>(result.total.successes());
  Side side{.rate = calls / result.elapsed_seconds};
  if (result.server) side.cost = result.server->cpu_seconds / calls;
  return side;
}

absl::StatusOr<Rounds::Side> Rounds::Baseline(const Pair& pair) const {
  if (pair.baseline_cores == 0) return MeasureSide(pair.baseline_run);
  SEGRID_RETURN_IF_ERROR(PinProcess(options_.product_pid, pair.baseline_cores));
  absl::StatusOr<Side> side = MeasureSide(pair.baseline_run);
  SEGRID_RETURN_IF_ERROR(PinProcess(options_.product_pid, AvailableCores()));
  return side;
}

absl::Status Rounds::MeasurePair(Pair& pair) const {
  const bool baseline_first = round_ % 2 == 1;
  Side figure;
  Side baseline;
  if (baseline_first) {
    SEGRID_ASSIGN_OR_RETURN(baseline, Baseline(pair));
  }
  SEGRID_ASSIGN_OR_RETURN(figure, MeasureSide(pair.figure_run));
  if (!baseline_first) {
    SEGRID_ASSIGN_OR_RETURN(baseline, Baseline(pair));
  }
  const bool by_cost = pair.baseline_cores > 0;
  if (by_cost && !(figure.cost > 0 && baseline.cost > 0)) {
    return absl::UnavailableError("/proc does not show the server's CPU time");
  }
  pair.figures.push_back(by_cost ? AvailableCores() / figure.cost
                                 : figure.rate);
  pair.baselines.push_back(by_cost ? pair.baseline_cores / baseline.cost
                                   : baseline.rate);
  pair.ratios.push_back(pair.figures.back() / pair.baselines.back());
  return absl::OkStatus();
}

absl::Status Rounds::Measure(
    const std::function<void(const std::string&)>& progress) {
  for (Pair& pair : pairs_) {
    if (progress) progress(pair.row.what);
    SEGRID_RETURN_IF_ERROR(MeasurePair(pair));
  }
  ++round_;
  return absl::OkStatus();
}

std::vector<SuiteRow> Rounds::Rows() const {
  std::vector<SuiteRow> rows;
  for (const Pair& pair : pairs_) {
    SuiteRow row = pair.row;
    row.figure = MedianOf(pair.figures);
    row.baseline = MedianOf(pair.baselines);
    SetRatios(pair.ratios, row);
    JudgeRow(row);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace segrid::bench
