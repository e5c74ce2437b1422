// How far a long command is, for people who wait.

#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace segrid::cli {

// True when standard error is a terminal that can go back to a line's begin.
bool WantsProgress();

// One line that is written again and again:
//   [########------------]  40 %  4,000 of 10,000 events  1,250/s
// Writes nothing unless `shown`. Thread safety: none. `out` outlives it.
class ProgressBar {
 public:
  ProgressBar(std::ostream& out, std::int64_t total, bool shown)
      : out_(out), total_(total), shown_(shown) {}
  // Ends the line.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `done` of the total, after `elapsed` in which `fresh` of them were done.
  void Show(std::int64_t done, std::int64_t fresh, absl::Duration elapsed);

 private:
  std::ostream& out_;
  const std::int64_t total_;
  const bool shown_;
  bool has_line_ = false;
};

// `1,234,567`.
std::string WithCommas(std::int64_t number);

}  // namespace segrid::cli
