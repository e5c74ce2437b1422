#include "bench/suite/suite.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "bench/stats/processor.h"
#include "bench/suite/cases.h"
#include "bench/suite/interval.h"
#include "bench/suite/median.h"
#include "bench/suite/memory.h"
#include "bench/suite/micro.h"
#include "bench/suite/path_rows.h"
#include "bench/suite/rounds.h"
#include "bench/suite/servers.h"
#include "bench/suite/webhook_cases.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

using Tell = std::function<void(const std::string&)>;

// Of one measurement at scale 1: 20 of them make a round.
constexpr absl::Duration kWarmup = absl::Milliseconds(200);
constexpr absl::Duration kLength = absl::Seconds(1);
// Of one micro bench in one round.
constexpr double kMicroSeconds = 0.04;
// Of one size of appends.
constexpr double kQueueSeconds = 0.4;
constexpr double kDeliverySeconds = 0.2;
constexpr double kClientSeconds = 0.4;

absl::Status OutOfRange(const std::string& name, const std::string& range) {
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is out of range; it must be ", range));
}

std::string Beside(const SuiteOptions& options, const char* program) {
  return std::filesystem::path(options.self_binary)
      .replace_filename(program)
      .string();
}

std::string ServerBinaryOf(const SuiteOptions& options) {
  return options.server_binary.empty() ? Beside(options, "segrid-server")
                                       : options.server_binary;
}

double LoadAverage() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

MicroProgram PathProgram(const SuiteOptions& options) {
  MicroProgram program{
      "paths and their parts",
      {Beside(options, "segrid-path-bench"),
       absl::StrCat("--server-binary=", ServerBinaryOf(options)),
       absl::StrCat("--scale=", options.scale)}};
  for (const std::string& path : options.body_paths) {
    program.arguments.push_back("--body=" + path);
  }
  program.arguments.emplace_back("--out=");
  return program;
}

std::string ScriptBeside(const SuiteOptions& options, const char* script) {
  return (std::filesystem::path(options.node_script).parent_path() / script)
      .lexically_normal()
      .string();
}

// Those that are scripts in Python, beside those in Node.
void AddLimitPrograms(const SuiteOptions& options,
                      std::vector<MicroProgram>& programs) {
  if (!options.Has("limits") || options.node_script.empty()) return;
  const std::string bin =
      std::filesystem::path(options.self_binary).parent_path().string();
  const std::string seconds = absl::StrCat("--seconds=", 2 * options.scale);
  programs.push_back({"overload",
                      {"python3", ScriptBeside(options, "../overload.py"), bin,
                       seconds, "--out="},
                      /*once=*/true});
  programs.push_back({"scaling",
                      {"python3", ScriptBeside(options, "../scaling.py"), bin,
                       options.node_body, seconds, "--out="},
                      /*once=*/true});
}

// Those that need Node.
void AddNodePrograms(const SuiteOptions& options,
                     std::vector<MicroProgram>& programs,
                     std::vector<std::string>& notes) {
  if (!options.Has("node") && !options.Has("alternatives")) return;
  if (options.node_script.empty() || options.node_body.empty()) {
    notes.push_back(
        "Node baseline: not measured: --node and --node-body were not given");
    return;
  }
  const std::string bin =
      std::filesystem::path(options.self_binary).parent_path().string();
  const std::string seconds = absl::StrCat("--seconds=", options.scale);
  if (options.Has("node")) {
    programs.push_back(
        {"Node baseline",
         {"node", options.node_script, options.node_body, seconds, "--out="}});
    programs.push_back({"Node webhook",
                        {"node", ScriptBeside(options, "webhook_pair.mjs"), bin,
                         options.node_body, seconds, "--out="}});
  }
  if (options.Has("alternatives")) {
    programs.push_back(
        {"alternatives",
         {"node", ScriptBeside(options, "../alternatives/compare.mjs"), bin,
          options.node_body, absl::StrCat("--seconds=", 1.5 * options.scale),
          "--out="},
         /*once=*/true});
  }
}

// The programs of a round; what is not asked for or cannot be becomes a note.
std::vector<MicroProgram> ProgramsOf(const SuiteOptions& options,
                                     std::vector<std::string>& notes) {
  std::vector<MicroProgram> programs;
  if (options.Has("paths")) programs.push_back(PathProgram(options));
  if (options.Has("paths") || options.Has("queue")) {
    programs.push_back({"delivery",
                        {Beside(options, "segrid-delivery-bench"),
                         absl::StrCat("--benchmark_min_time=",
                                      kDeliverySeconds * options.scale),
                         "--benchmark_out_format=json", "--benchmark_out="}});
  }
  if (options.Has("micro")) {
    programs.push_back(
        {"micro benches",
         {Beside(options, "segrid-micro-bench"),
          absl::StrCat("--benchmark_min_time=", kMicroSeconds * options.scale),
          "--benchmark_out_format=json", "--benchmark_out="}});
    programs.push_back({"allocations (built with the tests)",
                        {Beside(options, "segrid-allocations"), ""}});
  }
  if (options.Has("queue")) {
    const std::string bench = Beside(options, "segrid-queue-bench");
    programs.push_back(
        {"durable queue",
         {bench, absl::StrCat("--seconds=", kQueueSeconds * options.scale),
          "--out="}});
    programs.push_back({"warehouse (built with the tests)",
                        {Beside(options, "segrid-warehouse-bench"),
                         "--benchmark_out_format=json", "--benchmark_out="}});
    programs.push_back({"durable queue with many events pending",
                        {bench, "--pending=1000000", "--out="},
                        /*once=*/true});
  }
  if (options.Has("client")) {
    programs.push_back(
        {"client",
         {Beside(options, "segrid-client-bench"),
          absl::StrCat("--benchmark_min_time=", kClientSeconds * options.scale),
          "--benchmark_filter=-/1/", "--benchmark_out_format=json",
          "--benchmark_out="}});
  }
  AddNodePrograms(options, programs, notes);
  AddLimitPrograms(options, programs);
  return programs;
}
void Append(std::vector<SuiteRow> more, std::vector<SuiteRow>& rows) {
  for (SuiteRow& row : more) rows.push_back(std::move(row));
}

// The server of the RPC cases, and their rounds.
struct Rpc {
  RunningServer product;
  Rounds rounds;
};

absl::StatusOr<std::unique_ptr<Rpc>> StartRpc(const SuiteOptions& options,
                                              const std::string& directory) {
  SEGRID_ASSIGN_OR_RETURN(RunningServer product,
                          StartProduct(ServerBinaryOf(options), directory));
  Rounds rounds({.product = product.address,
                 .product_pid = product.process.pid(),
                 .bodies = options.bodies,
                 .warmup = kWarmup * options.scale,
                 .length = kLength * options.scale});
  rounds.Prepare();
  return std::unique_ptr<Rpc>(new Rpc{std::move(product), std::move(rounds)});
}

absl::StatusOr<std::vector<SuiteRow>> RunMemory(const SuiteOptions& options,
                                                const std::string& directory) {
  // A server of its own: what others left in its heap does not count.
  const std::string own = directory + "/memory";
  std::filesystem::create_directory(own);
  SEGRID_ASSIGN_OR_RETURN(const RunningServer product,
                          StartProduct(ServerBinaryOf(options), own));
  return MeasureMemory({.product = product.address,
                        .product_pid = product.process.pid(),
                        .bodies = options.bodies,
                        .duration = options.memory_duration});
}

absl::Status RunRounds(const SuiteOptions& options, const Tell& progress,
                       Rpc* rpc, MicroRounds& micro) {
  for (std::int32_t round = 1; round <= options.rounds; ++round) {
    const auto tell = [&](const std::string& what) {
      if (!progress) return;
      progress(
          absl::StrCat("round ", round, " of ", options.rounds, ": ", what));
    };
    if (rpc != nullptr) SEGRID_RETURN_IF_ERROR(rpc->rounds.Measure(tell));
    tell("micro benches and other programs");
    micro.Measure();
  }
  return absl::OkStatus();
}

}  // namespace

bool SuiteOptions::Has(std::string_view part) const {
  return std::find(skip.begin(), skip.end(), part) == skip.end();
}

absl::Status SuiteOptions::Validate() const {
  if (rounds < 1 || rounds > 101) return OutOfRange("rounds", "from 1 to 101");
  if (!(scale >= 0.01 && scale <= 100)) {
    return OutOfRange("scale", "from 0.01 to 100");
  }
  if (memory_duration < absl::Milliseconds(100) ||
      memory_duration > absl::Hours(24)) {
    return OutOfRange("memory-duration", "from 100ms to 24h");
  }
  for (const std::string& part : skip) {
    if (std::find(kSuiteParts.begin(), kSuiteParts.end(), part) ==
        kSuiteParts.end()) {
      return OutOfRange("skip",
                        "of paths, rpc, micro, queue, client, node, "
                        "alternatives, limits, memory");
    }
  }
  return absl::OkStatus();
}

void JudgeRow(SuiteRow& row) {
  const std::optional<double>& measured =
      row.goal_is_of_figure ? row.figure : row.ratio;
  if (!row.goal || !measured) return;
  row.is_met =
      row.goal_is_ceiling ? *measured <= *row.goal : *measured >= *row.goal;
}

void SetRatios(std::span<const double> ratios, SuiteRow& row) {
  if (ratios.empty()) return;
  row.ratio = MedianOf({ratios.begin(), ratios.end()});
  row.spread = RelativeSpread(ratios);
  if (!row.is_at_most_one || *row.ratio <= 1) return;
  const Interval interval = MeanInterval(ratios);
  if (interval.low <= 1) return;
  row.impossible = absl::StrFormat(
      "a part cannot cost more than the whole that contains it: %.2f, or %.2f "
      "to %.2f with 99.9 %%; look for other settings or other bytes",
      *row.ratio, interval.low, interval.high);
}

absl::StatusOr<SuiteResult> RunSuite(const SuiteOptions& options,
                                     const Tell& progress) {
  SuiteResult result{.start_time = absl::Now(),
                     .rounds = options.rounds,
                     .load = LoadAverage(),
                     .processor = Processor()};
  SEGRID_ASSIGN_OR_RETURN(const TemporaryDirectory directory,
                          TemporaryDirectory::Make());
  MicroRounds micro(ProgramsOf(options, result.notes), directory.path());
  std::unique_ptr<Rpc> rpc;
  if (options.Has("rpc")) {
    SEGRID_ASSIGN_OR_RETURN(rpc, StartRpc(options, directory.path()));
  }
  SEGRID_RETURN_IF_ERROR(RunRounds(options, progress, rpc.get(), micro));
  if (options.Has("paths")) {
    Append(PathRows(micro.rounds(), kPathCases), result.rows);
  }
  if (rpc) Append(rpc->rounds.Rows(), result.rows);
  rpc.reset();  // Ends the servers.
  if (options.Has("memory")) {
    if (progress) progress("memory of the server");
    SEGRID_ASSIGN_OR_RETURN(std::vector<SuiteRow> memory,
                            RunMemory(options, directory.path()));
    Append(std::move(memory), result.rows);
  }
  if (options.Has("micro")) Append(micro.Rows(kMicroCases), result.rows);
  if (options.Has("queue")) Append(micro.Rows(kQueueCases), result.rows);
  if (options.Has("client")) Append(micro.Rows(kClientCases), result.rows);
  if (options.Has("node")) Append(micro.Rows(kWebhookCases), result.rows);
  if (options.Has("alternatives")) {
    Append(micro.Rows(kAlternativeCases), result.rows);
  }
  if (options.Has("limits")) Append(micro.Rows(kLimitCases), result.rows);
  for (const std::string& note : micro.notes()) result.notes.push_back(note);
  for (const std::string& part : options.skip) {
    result.notes.push_back(absl::StrCat(part, ": not measured: --skip"));
  }
  result.elapsed_seconds =
      absl::ToDoubleSeconds(absl::Now() - result.start_time);
  return result;
}

}  // namespace segrid::bench
