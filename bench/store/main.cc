// How fast is a durable append? The store against a raw append-only log on the
// same disk, in turn. See core/queue/rocksdb/README.md.
//
//   segrid-store-bench [--dir D] [--seconds S] [--rounds N] [--events E]

#include <iostream>

#include "CLI/CLI.hpp"
#include "bench/store/compare.h"

int main(int argc, char** argv) {
  segrid::bench::store::CompareOptions options;
  double seconds = 2;
  CLI::App program("Durable appends, against a raw log on the same disk");
  program.add_option("--dir", options.directory,
                     "Directory on the disk to measure; default: .");
  program.add_option("--seconds", seconds, "Of each measurement; default: 2")
      ->check(CLI::PositiveNumber);
  program
      .add_option("--rounds", options.rounds,
                  "Of each, the median counts; default: 3")
      ->check(CLI::Range(1, 100));
  program.add_option("--events", options.only_events,
                     "Only this many events per call: 1, 10 or 100");
  CLI11_PARSE(program, argc, argv);
  options.duration = absl::Seconds(seconds);
  return segrid::bench::store::Compare(options, std::cout) ? 0 : 1;
}
