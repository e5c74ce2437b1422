// When the calls of an open loop are meant to start.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace segrid::bench {

// Constant or stepped rates as arithmetic: call `i` has its time whatever
// happened to the calls before it, which is what keeps a stalled server from
// hiding its stall. Times are nanoseconds from the start of the schedule.
// Thread safety: immutable.
class Schedule {
 public:
  // `rates` (calls per second, each positive, at least one) follow each other,
  // `step_ns` (positive) each. The first is also the warm-up's, for
  // `warmup_ns` before.
  Schedule(std::vector<double> rates, std::int64_t step_ns,
           std::int64_t warmup_ns);

  // Number of calls in all, the warm-up's included.
  std::int64_t calls() const { return calls_; }
  std::int64_t length_ns() const { return phases_.back().end_ns; }

  // When call `i` (0 to calls() - 1) is meant to start.
  std::int64_t IntendedStart(std::int64_t i) const;

  // The rate that a time belongs to, 0-based; the warm-up belongs to the first,
  // everything behind the end to the last.
  std::size_t StepAt(std::int64_t offset_ns) const;

 private:
  struct Phase {
    double rate;
    std::size_t step;
    std::int64_t begin_ns;
    std::int64_t end_ns;
    std::int64_t first_call;
  };
  std::vector<Phase> phases_;  // Ascending, without gaps.
  std::int64_t calls_ = 0;
};

}  // namespace segrid::bench
