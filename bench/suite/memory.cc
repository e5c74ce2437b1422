#include "bench/suite/memory.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/load/run.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

RunOptions LoadOf(const MemoryOptions& options, const MemoryCase& memory) {
  RunOptions run;
  run.target.address = options.product;
  run.payload.method = Method::kTransform;
  run.payload.bodies = options.bodies;
  run.payload.batch = memory.events;
  run.connections = memory.connections;
  run.concurrency = memory.concurrency;
  run.server_pid = options.product_pid;
  // Until every connection and thread has what it needs.
  run.warmup = std::min(options.duration / 2, absl::Seconds(10));
  run.duration = options.duration;
  return run;
}

}  // namespace

absl::StatusOr<std::vector<SuiteRow>> MeasureMemory(
    const MemoryOptions& options) {
  const MemoryCase memory;
  SEGRID_ASSIGN_OR_RETURN(const RunResult result,
                          bench::Run(LoadOf(options, memory)));
  if (result.total.errors() > 0 || !result.server || result.slices.empty()) {
    return absl::UnavailableError(absl::StrCat(
        "the server's memory was not measured: ", result.first_error.empty()
                                                      ? "/proc does not tell it"
                                                      : result.first_error));
  }
  const auto early = std::find_if(
      result.slices.begin(), result.slices.end() - 1, [&](const Slice& slice) {
        return slice.at_seconds >= absl::ToDoubleSeconds(options.duration) / 10;
      });
  const std::string what =
      absl::StrCat("memory of the server, ", memory.connections,
                   " connections × ", memory.events, " events");
  SuiteRow rss{.what = what,
               .unit = Unit::kBytes,
               .figure = static_cast<double>(result.server->rss_bytes),
               .goal = memory.rss_goal_bytes,
               .goal_is_of_figure = true,
               .goal_is_ceiling = true};
  SuiteRow growth{.what = absl::StrCat(
                      "the same after ", absl::FormatDuration(options.duration),
                      " ÷ after ", absl::FormatDuration(options.duration / 10)),
                  .unit = Unit::kBytes,
                  .figure = rss.figure,
                  .baseline = static_cast<double>(early->server_rss_bytes),
                  .goal_is_ceiling = true};
  // The goal is about minutes: a heap that is young still grows.
  if (options.duration >= memory.growth_duration) {
    growth.goal = memory.growth_goal;
  }
  growth.ratio = *growth.figure / *growth.baseline;
  JudgeRow(rss);
  JudgeRow(growth);
  return std::vector<SuiteRow>{rss, growth};
}

}  // namespace segrid::bench
