// Where calls of one thread are counted while a run goes on.

#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "bench/stats/result.h"

namespace segrid::bench {

// A call that ended.
struct Ended {
  std::size_t step = 0;  // Which rate of the schedule it belongs to.
  std::int64_t intended_ns = 0;
  std::int64_t end_ns = 0;
  std::size_t code = kOk;
  std::int64_t events = 0;  // Of a success.
  std::int64_t request_bytes = 0;
  std::int64_t response_bytes = 0;
};

// Counts calls, in all and since the last slice. Calls that were meant to start
// before `window_start_ns` are warm-up and are not counted.
//
// Thread safety: any thread; cheap when one thread does most of the recording.
class Recorder {
 public:
  Recorder(std::int64_t window_start_ns, std::size_t steps);

  void Record(const Ended& ended);
  // Keeps the first message of a failed call.
  void Explain(std::size_t code, const std::string& message);

  // Adds what was counted since the last time to `slice`, and forgets it there.
  void TakeSlice(Tally& slice);

  // Adds the counts of each step to `steps`.
  void AddTo(std::vector<StepResult>& steps) const;
  std::string first_error() const;

 private:
  const std::int64_t window_start_ns_;

  mutable std::mutex mu_;  // Guards all below.
  std::vector<Tally> steps_;
  Tally slice_;
  std::string first_error_;
};

}  // namespace segrid::bench
