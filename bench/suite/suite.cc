#include "bench/suite/suite.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/load/run.h"
#include "bench/suite/cases.h"
#include "bench/suite/micro.h"
#include "bench/suite/rounds.h"
#include "bench/suite/servers.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

// Of one measurement at scale 1: 18 of them make a round.
constexpr absl::Duration kWarmup = absl::Milliseconds(200);
constexpr absl::Duration kLength = absl::Seconds(1);

absl::Status OutOfRange(const char* name, const char* range) {
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is out of range; it must be from ", range));
}

std::string ServerBinaryOf(const SuiteOptions& options) {
  if (!options.server_binary.empty()) return options.server_binary;
  return std::filesystem::path(options.self_binary)
      .replace_filename("segrid-server")
      .string();
}

absl::StatusOr<std::vector<SuiteRow>> ReadMicroFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  SEGRID_ASSIGN_OR_RETURN(const auto rates, ReadMicro(text.str()));
  return MicroRows(rates, kMicroCases);
}

void Append(std::vector<SuiteRow> more, std::vector<SuiteRow>& rows) {
  for (SuiteRow& row : more) rows.push_back(std::move(row));
}

}  // namespace

absl::Status SuiteOptions::Validate() const {
  if (rounds < 1 || rounds > 101) return OutOfRange("rounds", "1 to 101");
  if (!(scale >= 0.01 && scale <= 100)) {
    return OutOfRange("scale", "0.01 to 100");
  }
  if (memory_duration < absl::ZeroDuration() ||
      memory_duration > absl::Hours(24)) {
    return OutOfRange("memory-duration", "0s to 24h");
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

absl::StatusOr<SuiteResult> RunSuite(
    const SuiteOptions& options,
    const std::function<void(const std::string&)>& progress) {
  SuiteResult result{.start_time = absl::Now(),
                     .rounds = options.rounds,
                     .elapsed_seconds = 0,
                     .rows = {}};
  std::vector<SuiteRow> micro_rows;
  if (!options.micro_path.empty()) {
    SEGRID_ASSIGN_OR_RETURN(micro_rows, ReadMicroFile(options.micro_path));
  }
  SEGRID_ASSIGN_OR_RETURN(const TemporaryDirectory directory,
                          TemporaryDirectory::Make());
  SEGRID_ASSIGN_OR_RETURN(
      RunningServer product,
      StartProduct(ServerBinaryOf(options), directory.path()));
  SEGRID_ASSIGN_OR_RETURN(RunningServer echo,
                          StartEcho(options.self_binary, directory.path()));
  Rounds rounds({.product = product.address,
                 .echo = echo.address,
                 .product_pid = product.process.pid(),
                 .bodies = options.bodies,
                 .warmup = kWarmup * options.scale,
                 .length = kLength * options.scale,
                 .rounds = options.rounds,
                 .progress = progress});
  SEGRID_ASSIGN_OR_RETURN(std::vector<SuiteRow> rows, rounds.Run());
  if (options.memory_duration > absl::ZeroDuration()) {
    SEGRID_ASSIGN_OR_RETURN(std::vector<SuiteRow> memory,
                            rounds.Memory(options.memory_duration));
    Append(std::move(memory), rows);
  }
  Append(std::move(micro_rows), rows);
  result.rows = std::move(rows);
  result.elapsed_seconds =
      absl::ToDoubleSeconds(absl::Now() - result.start_time);
  return result;
}

}  // namespace segrid::bench
