// A result as a run would give it.

#pragma once

#include "bench/stats/result.h"

namespace segrid::bench {

// Two steps of two seconds: a fast one, and one with errors and a stall.
inline RunResult SampleRun() {
  RunResult run;
  run.settings = {{"server", "127.0.0.1:50051"}, {"method", "<transform>"}};
  run.start_time = absl::FromUnixSeconds(1'767'225'600);
  run.elapsed_seconds = 4;
  run.steps.resize(2);
  for (StepResult& step : run.steps) {
    step.elapsed_seconds = 2;
    step.tally.codes[kOk] = 1000;
    step.tally.events = 100'000;
    step.tally.request_bytes = 60 << 20;
    step.tally.response_bytes = 61 << 20;
    step.tally.latency.Add(250'000, 990);
    step.tally.latency.Add(3'000'000, 10);
  }
  run.steps[0].target_rate = 500;
  run.steps[1].target_rate = 1000;
  run.steps[1].tally.codes[kUnavailable] = 7;
  run.steps[1].tally.latency.Add(1'500'000'000);
  for (const StepResult& step : run.steps) run.total.Merge(step.tally);
  for (int i = 1; i <= 40; ++i) {
    run.slices.push_back({.at_seconds = i * 0.1,
                          .seconds = 0.1,
                          .calls = i == 30 ? 0 : 50 + i,
                          .events = 5000,
                          .errors = i == 31 ? 7 : 0,
                          .p50_ns = 250'000,
                          .p99_ns = 3'000'000,
                          .max_ns = i == 31 ? 1'500'000'000 : 4'000'000,
                          .client_cores = 0.4,
                          .server_cores = 0.8,
                          .server_rss_bytes = (20 << 20) + i * 10'000});
  }
  run.client = {.cpu_seconds = 1.6,
                .cores = 0.4,
                .rss_bytes = 18 << 20,
                .peak_rss_bytes = 19 << 20};
  run.server = ProcessUse{.cpu_seconds = 3.2,
                          .cores = 0.8,
                          .rss_bytes = 21 << 20,
                          .peak_rss_bytes = 22 << 20};
  run.server_pid = 4711;
  run.first_error = "UNAVAILABLE: <gone>";
  return run;
}

}  // namespace segrid::bench
