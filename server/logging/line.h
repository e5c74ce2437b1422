// The text of one log line.

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "server/logging/log.h"

namespace segrid::logging {

struct Line {
  absl::Time time;
  Level level = Level::kInfo;
  std::string_view message;
  Log::Fields fields;
  std::int64_t suppressed = 0;  // Left out when 0.
};

// `{"time":"…","level":"info","message":"…","key":value,…}`. Bytes that are not
// UTF-8 become `?`, so a line is always valid JSON.
std::string FormatJson(const Line& line);

// `2026-01-31T12:00:00.000Z INFO    message  key=value key="two words"`.
// Control characters are escaped, so a line is always one line.
std::string FormatText(const Line& line);

}  // namespace segrid::logging
