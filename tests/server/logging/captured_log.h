// A log whose lines a test reads.

#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "core/base/clock.h"
#include "server/logging/log.h"
#include "spdlog/sinks/ostream_sink.h"

namespace segrid::logging {

// Keeps a reference to its clock. Not for several threads.
class CapturedLog {
 public:
  explicit CapturedLog(base::Clock& clock)
      : log_({}, clock,
             std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)) {}

  Log& log() { return log_; }

  // Those since the last call.
  std::vector<std::string> Lines() {
    std::vector<std::string> lines =
        absl::StrSplit(text_.str(), '\n', absl::SkipEmpty());
    text_.str("");
    return lines;
  }

 private:
  std::ostringstream text_;
  Log log_;
};

}  // namespace segrid::logging
