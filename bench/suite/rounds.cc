#include "bench/suite/rounds.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/suite/affinity.h"
#include "bench/suite/median.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

constexpr std::int64_t kProbes = 64;  // As many as there are payloads.

const char* NameOf(Input input) {
  return input == Input::kJson ? "JSON → batch JSON" : "typed → tracks";
}

// The requests of `run` as bodies of the echo service: as many, as large and as
// different, so that both sides read the same memory. Tag, size and
// answer_bytes around a body take the place of its first bytes.
absl::StatusOr<std::vector<std::string>> EchoBodies(const RunOptions& run) {
  SEGRID_ASSIGN_OR_RETURN(const std::vector<Payload> payloads,
                          MakePayloads(run.payload));
  std::vector<std::string> bodies;
  for (const Payload& payload : payloads) {
    const std::size_t bytes = payload.bytes.size();
    const std::size_t overhead = bytes < 128 + 7 ? 7 : bytes < 16391 ? 8 : 9;
    bodies.push_back(payload.bytes.substr(std::min(overhead, bytes - 1)));
  }
  return bodies;
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

// Rows are found by their names, so each has one of its own.
std::string CostNameOf(const std::string& what) {
  return absl::StrCat("  CPU time per call, echo ÷ Transform",
                      what.substr(what.find(',')));
}

SuiteRow CostRow(const std::string& what, const std::vector<double>& figures,
                 const std::vector<double>& baselines,
                 const std::vector<double>& ratios) {
  SuiteRow row;
  row.what = what;
  row.unit = Unit::kSeconds;
  row.figure = MedianOf(figures);
  row.baseline = MedianOf(baselines);
  row.ratio = MedianOf(ratios);
  return row;
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

absl::StatusOr<Rounds::Pair> Rounds::EchoPair(const EchoCase& echo_case) const {
  Pair pair;
  pair.row.what = absl::StrCat("Transform ÷ raw echo, ",
                               NameOf(echo_case.input), ", ", echo_case.events,
                               echo_case.events == 1 ? " event" : " events");
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
  SEGRID_ASSIGN_OR_RETURN(echo.payload.bodies, EchoBodies(run));
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
  pair.row.what = absl::StrCat("Transform, server on ", AvailableCores(),
                               " cores ÷ on 1 core, ", cores.events, " events");
  pair.baseline_cores = 1;
  pair.figure_run = Load(options_.product, Method::kTransform);
  pair.figure_run.payload.batch = cores.events;
  pair.figure_run.connections = cores.connections;
  pair.figure_run.concurrency = cores.concurrency;
  pair.baseline_run = pair.figure_run;
  return pair;
}

absl::Status Rounds::Prepare() {
  for (const EchoCase& echo_case : kEchoCases) {
    SEGRID_ASSIGN_OR_RETURN(Pair pair, EchoPair(echo_case));
    pairs_.push_back(std::move(pair));
  }
  pairs_.push_back(StreamPair({}));
  pairs_.push_back(ForwardPair({}));
  if (AvailableCores() > 1) pairs_.push_back(CoresPair({}));
  return absl::OkStatus();
}

absl::StatusOr<Rounds::Side> Rounds::MeasureSide(const RunOptions& run) {
  SEGRID_ASSIGN_OR_RETURN(const RunResult result, RunChecked(run));
  const auto calls = static_cast<double>(result.total.successes());
  Side side{.rate = calls / result.elapsed_seconds};
  if (result.server) {
    side.cost =
        (result.server->cpu_seconds + result.client.cpu_seconds) / calls;
  }
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
  pair.figures.push_back(figure.rate);
  pair.baselines.push_back(baseline.rate);
  pair.ratios.push_back(figure.rate / baseline.rate);
  if (figure.cost > 0 && baseline.cost > 0) {
    pair.figure_costs.push_back(figure.cost);
    pair.baseline_costs.push_back(baseline.cost);
    pair.cost_ratios.push_back(baseline.cost / figure.cost);
  }
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
    row.ratio = MedianOf(pair.ratios);
    JudgeRow(row);
    rows.push_back(std::move(row));
    if (pair.baseline_run.payload.method == Method::kEcho &&
        !pair.cost_ratios.empty()) {
      rows.push_back(CostRow(CostNameOf(pair.row.what), pair.figure_costs,
                             pair.baseline_costs, pair.cost_ratios));
    }
  }
  return rows;
}

}  // namespace segrid::bench
