#include "bench/suite/micro.h"

#include <array>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/suite/child_process.h"
#include "bench/suite/median.h"
#include "core/base/status_macros.h"
#include "simdjson.h"

namespace segrid::bench {
namespace {

namespace dom = simdjson::dom;

constexpr absl::Duration kPatience = absl::Minutes(6);

// What is read of a benchmark, and how its name ends then.
struct Measure {
  const char* key;
  const char* suffix;
};
constexpr std::array<Measure, 10> kMeasures = {
    {{"items_per_second", ""},
     {"tracks_per_call", " tracks"},
     {"bytes_per_second", " bytes"},
     {"allocations_per_event", " allocations"},
     {"p99_seconds", " p99"},
     {"cpu_seconds", " cpu"},
     {"stub_cpu_seconds", " stub cpu"},
     {"write_amplification", " write amplification"},
     {"rss_bytes", " rss"},
     {"open_seconds", " open"}}};

std::string TextOf(dom::element entry, const char* key) {
  std::string_view text;
  if (entry[key].get(text) != simdjson::SUCCESS) return "";
  return std::string(text);
}

std::optional<double> Find(const MicroFigures& figures, std::string_view name) {
  const auto found = figures.find(std::string(name));
  if (found == figures.end()) return std::nullopt;
  return found->second;
}

}  // namespace

absl::StatusOr<MicroFigures> ReadMicro(std::string_view json) {
  dom::parser parser;
  dom::array entries;
  const auto error =
      parser.parse(json.data(), json.size(), true)["benchmarks"].get(entries);
  if (error != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a file of --benchmark_format=json: ",
                     simdjson::error_message(error)));
  }
  std::map<std::string, std::vector<double>> runs;
  MicroFigures figures;
  for (const dom::element entry : entries) {
    std::string name = TextOf(entry, "run_name");
    if (name.empty()) name = TextOf(entry, "name");
    for (const Measure& measure : kMeasures) {
      double value = 0;
      if (entry[measure.key].get(value) != simdjson::SUCCESS) continue;
      const std::string aggregate = TextOf(entry, "aggregate_name");
      if (aggregate == "median") {
        figures[name + measure.suffix] = value;
      } else if (aggregate.empty()) {
        runs[name + measure.suffix].push_back(value);
      }
    }
  }
  for (const auto& [name, values] : runs) {
    figures.emplace(name, MedianOf(values));
  }
  return figures;
}

std::vector<SuiteRow> MicroRows(std::span<const MicroFigures> rounds,
                                std::span<const MicroCase> cases) {
  std::vector<SuiteRow> rows;
  for (const MicroCase& micro : cases) {
    std::vector<double> figures, baselines, ratios;
    for (const MicroFigures& round : rounds) {
      const auto figure = Find(round, micro.figure);
      const auto baseline = Find(round, micro.baseline);
      if (figure) figures.push_back(*figure);
      if (baseline) baselines.push_back(*baseline);
      if (figure && baseline) ratios.push_back(*figure / *baseline);
    }
    SuiteRow row{.what = std::string(micro.what),
                 .unit = micro.unit,
                 .goal = micro.goal,
                 .goal_is_of_figure = micro.baseline.empty(),
                 .goal_is_ceiling = micro.goal_is_ceiling,
                 .is_at_most_one = micro.is_at_most_one};
    if (!figures.empty()) row.figure = MedianOf(figures);
    if (!baselines.empty()) row.baseline = MedianOf(baselines);
    SetRatios(ratios, row);
    JudgeRow(row);
    rows.push_back(std::move(row));
  }
  return rows;
}

MicroRounds::MicroRounds(std::vector<MicroProgram> programs,
                         std::string directory)
    : programs_(std::move(programs)), directory_(std::move(directory)) {}

absl::StatusOr<MicroFigures> MicroRounds::RunOne(
    const MicroProgram& program) const {
  const std::string path =
      absl::StrCat(directory_, "/micro-", rounds_.size(), ".json");
  std::vector<std::string> arguments = program.arguments;
  arguments.back() += path;
  SEGRID_RETURN_IF_ERROR(
      RunToEnd(arguments, directory_ + "/micro.log", kPatience));
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return ReadMicro(text.str());
}

void MicroRounds::Measure() {
  MicroFigures round;
  std::vector<MicroProgram> working;
  for (MicroProgram& program : programs_) {
    auto figures = RunOne(program);
    if (!figures.ok()) {
      notes_.push_back(absl::StrCat(program.name, ": not measured: ",
                                    std::string(figures.status().message())));
      continue;
    }
    round.merge(*std::move(figures));
    if (!program.once) working.push_back(std::move(program));
  }
  programs_ = std::move(working);
  rounds_.push_back(std::move(round));
}

}  // namespace segrid::bench
