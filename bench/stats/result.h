// What a run measured.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "bench/stats/codes.h"
#include "bench/stats/histogram.h"

namespace segrid::bench {

// What calls came to. A stream's message is a call here. Latency, events and
// bytes are those of successful calls alone.
struct Tally {
  Histogram latency = {};  // Nanoseconds from the intended start.
  std::array<std::int64_t, kCodeCount> codes = {};
  std::int64_t events = 0;
  std::int64_t request_bytes = 0;   // Messages, without framing.
  std::int64_t response_bytes = 0;  // Likewise.
  std::int64_t last_end_ns = 0;     // When the last of them ended.

  std::int64_t successes() const { return codes[kOk]; }
  std::int64_t calls() const {
    std::int64_t sum = 0;
    for (const std::int64_t count : codes) sum += count;
    return sum;
  }
  std::int64_t errors() const { return calls() - successes(); }

  void Merge(const Tally& other) {
    latency.Merge(other.latency);
    for (std::size_t i = 0; i < kCodeCount; ++i) codes[i] += other.codes[i];
    events += other.events;
    request_bytes += other.request_bytes;
    response_bytes += other.response_bytes;
    last_end_ns = std::max(last_end_ns, other.last_end_ns);
  }
};

// One rate of an open loop; a closed loop has one step without a rate.
struct StepResult {
  double target_rate = 0;      // Calls per second; 0: closed loop.
  double elapsed_seconds = 0;  // From its start to its last answer.
  Tally tally;
};

// A moment of the run, for plots: calls that ended in it.
struct Slice {
  double at_seconds = 0;  // Its end, from the start of the measurement.
  double seconds = 0;
  std::int64_t calls = 0;  // Successful.
  std::int64_t events = 0;
  std::int64_t errors = 0;
  std::int64_t p50_ns = 0;
  std::int64_t p99_ns = 0;
  std::int64_t max_ns = 0;
  double client_cores = 0;
  double server_cores = 0;
  std::int64_t server_rss_bytes = 0;
};

// What a process used while it was measured.
struct ProcessUse {
  double cpu_seconds = 0;
  double cores = 0;                 // cpu_seconds per second.
  std::int64_t rss_bytes = 0;       // At the end.
  std::int64_t peak_rss_bytes = 0;  // Since the process started.
};

struct RunResult {
  std::vector<std::pair<std::string, std::string>> settings;  // To show.
  absl::Time start_time;
  double elapsed_seconds =
      0;  // From the end of the warm-up to the last answer.
  Tally total;
  std::vector<StepResult> steps;
  std::vector<Slice> slices;
  ProcessUse client;
  int server_pid = 0;  // 0: not known.
  std::optional<ProcessUse> server;
  std::string first_error;  // Code and message of the first failed call.
};

}  // namespace segrid::bench
