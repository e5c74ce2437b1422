// Watches a run from the side: slices of time, processes.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "bench/stats/process_stats.h"
#include "bench/stats/recorder.h"
#include "bench/stats/result.h"

namespace segrid::bench {

// Reads the recorders and the processes at moments that its owner chooses.
// Thread safety: none; one thread.
class Monitor {
 public:
  // Slices are joined in pairs when there are more: a plot needs no more.
  static constexpr std::size_t kMaxSlices = 480;

  Monitor(std::vector<std::unique_ptr<Recorder>>& recorders, int server_pid)
      : recorders_(recorders), server_pid_(server_pid) {}

  // The warm-up is over.
  void Begin(std::int64_t now_ns);

  // Ends a slice.
  const Slice& Tick(std::int64_t now_ns);

  // Fills in what was watched: slices and the use of the processes since Begin.
  void Fill(std::int64_t now_ns, RunResult& result);

  std::int64_t calls() const { return calls_; }
  std::int64_t errors() const { return errors_; }

 private:
  struct Readings {
    std::int64_t at_ns = 0;
    std::optional<ProcessReading> client = {};
    std::optional<ProcessReading> server = {};
  };
  Readings ReadAll(std::int64_t now_ns) const;
  void JoinPairs();

  std::vector<std::unique_ptr<Recorder>>& recorders_;
  const int server_pid_;
  Readings begin_;
  Readings last_;
  Tally tally_;
  std::vector<Slice> slices_;
  std::int64_t calls_ = 0;
  std::int64_t errors_ = 0;
};

}  // namespace segrid::bench
