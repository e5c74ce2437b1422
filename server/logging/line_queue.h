// Lines on their way to somebody who may not read them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"

namespace segrid::logging {

// Writes lines in a thread of its own, "log", because who says something must
// not wait for who reads it: a pipe that is full, a terminal that is stopped.
// A line that does not fit any more is dropped, and another says how many as
// soon as lines are taken again.
//
// Ownership:     owns the thread. One that hangs at the end is left alone, with
//                what it holds.
// Thread safety: any thread.
// Blocking:      Flush, as it says; the destructor like a Flush of kFarewell.
class LineQueue {
 public:
  // All lines that wait, besides the one that is being written.
  static constexpr std::size_t kMaxBytes = 1 << 20;
  static constexpr absl::Duration kFarewell = absl::Milliseconds(200);

  // `write` gets line after line, in the thread, and may block: it must refer
  // to nothing that ends before the process does. `line_of_dropped` makes the
  // line that says how many were dropped.
  LineQueue(std::function<void(const std::string&)> write,
            std::function<std::string(std::int64_t)> line_of_dropped);
  ~LineQueue();
  LineQueue(const LineQueue&) = delete;
  LineQueue& operator=(const LineQueue&) = delete;

  void Push(std::string line);

  // Waits until everything is written, no longer than `timeout`; false when
  // something is not.
  bool Flush(absl::Duration timeout);

 private:
  struct State;

  const std::shared_ptr<State> state_;
};

}  // namespace segrid::logging
