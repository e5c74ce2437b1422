// The main() of Google Benchmark, with the settings of the server's process.

#include "benchmark/benchmark.h"
#include "core/base/process.h"

int main(int argc, char** argv) {
  segrid::base::TuneProcess();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
