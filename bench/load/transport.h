// How calls leave this program: over gRPC, or over HTTP.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "bench/load/lane.h"
#include "bench/stats/recorder.h"

namespace segrid::bench {

struct TransportOptions {
  std::int32_t threads = 1;
  std::int64_t window_start_ns = 0;  // Of the recorders.
  std::size_t steps = 1;
  // Gives a lane its settings for the recorder of its thread.
  std::function<LaneSettings(Recorder&)> make_settings;
};

// Threads, their connections and their recorders.
//
// Thread safety: StartOn from any thread; the rest from the owner's.
class Transport {
 public:
  virtual ~Transport() = default;

  // Starts a call on connection `i` modulo their number; its latency counts
  // from `intended_ns`. Never blocks.
  virtual void StartOn(std::uint64_t i, std::int64_t intended_ns) = 0;

  // Gives up what is overdue.
  virtual void Check(std::int64_t now_ns) = 0;

  // Ends everything; calls in flight are waited for. Blocks.
  virtual void Stop() = 0;

  virtual std::vector<std::unique_ptr<Recorder>>& recorders() = 0;
};

}  // namespace segrid::bench
