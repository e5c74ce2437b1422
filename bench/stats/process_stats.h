// What processes of this machine use, from /proc.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace segrid::bench {

// A reading at one moment.
struct ProcessReading {
  double cpu_seconds = 0;  // User and system, since it started.
  std::int64_t rss_bytes = 0;
  std::int64_t peak_rss_bytes = 0;
};

// Reads process `pid`, 0 = this one. Nothing when there is no such process.
std::optional<ProcessReading> ReadProcess(int pid);

// The process that listens at `address` (`host:port` or `unix:path`) on this
// machine; 0 when the host is another one, nobody listens, or /proc does not
// let this user see whose socket it is.
int FindListener(const std::string& address);

}  // namespace segrid::bench
