// One line for many of the same kind.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "core/pool/executor.h"

namespace segrid::logging {

// A line says this.
struct CountedLine {
  std::string who{};
  std::string reason{};
  std::int64_t count = 0;
  std::string detail{};  // Of the last that was counted; may be empty.
};

// Counts what happens to somebody for some reason, such as refusals of a
// listener, and has the number written: at once the first time, then at most
// once per window. Nothing that was counted is left out.
//
// Ownership:     keeps a reference to the executor. The destructor writes what
//                is left.
// Thread safety: Add from any thread, any time.
// Blocking:      as `write`.
class CountedLines {
 public:
  // Writes a line. Runs in the thread of Add or of the executor, with no lock
  // held.
  using Write = std::function<void(const CountedLine& line)>;

  CountedLines(pool::Executor& executor, absl::Duration window, Write write);
  ~CountedLines();
  CountedLines(const CountedLines&) = delete;
  CountedLines& operator=(const CountedLines&) = delete;

  // `who` and `reason` are of bounded sets, because they are kept for a window.
  void Add(std::string_view who, std::string_view reason,
           std::int64_t count = 1, std::string_view detail = {});

 private:
  class State;
  const std::shared_ptr<State> state_;
};

}  // namespace segrid::logging
