// A time-out that is set for every request and seldom passes.

#pragma once

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "boost/asio/any_io_executor.hpp"

namespace segrid::http {

// Runs a function once a time has passed, unless it is cleared or set anew
// before. Both cost next to nothing: the timer behind it is not stopped, which
// would wake a thread each time, but looks, when it fires, what is to be waited
// for by now.
//
// Ownership:     the pending timer keeps the function, until it has run or is
//                cleared; an executor that is destroyed drops it.
// Thread safety: Set runs on `executor`, which runs one task at a time, and so
//                does the function; Clear and the destructor from any thread.
// Blocking:      never.
class TimeLimit {
 public:
  explicit TimeLimit(boost::asio::any_io_executor executor);
  // Clears it.
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

  // Runs `late` after `left`, instead of what was set before.
  void Set(absl::Duration left, std::function<void()> late);
  // True if there was something to wait for.
  bool Clear();

 private:
  struct State;

  const boost::asio::any_io_executor executor_;
  std::weak_ptr<State> state_;  // The pending timer's.
};

}  // namespace segrid::http
