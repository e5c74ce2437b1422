// The options of one measurement.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "bench/load/payload.h"
#include "bench/load/target.h"

namespace segrid::bench {

struct RunOptions {
  Target target;
  PayloadOptions payload;

  std::int32_t connections = 1;  // 1 to 1,000.
  std::int32_t streams = 1;      // Per connection, stream methods; 1 to 1,000.
  // Threads that send and receive. 0: half the cores, at most one per
  // connection.
  std::int32_t threads = 0;

  // Closed loop: calls in flight. Open loop: at most this many; later ones wait
  // and their latency grows. 1 to 100,000. 0: 16, or 10,000 in an open loop.
  std::int32_t concurrency = 0;
  // Open loop: calls per second, one after the other; at most 64. Empty:
  // closed.
  std::vector<double> rates;

  absl::Duration warmup = absl::Seconds(1);     // Not counted.
  absl::Duration duration = absl::Seconds(10);  // In all; > 0.
  std::int64_t count = 0;  // Closed loop: calls instead of `duration`.
  absl::Duration timeout = absl::Seconds(10);  // Per call.
  absl::Duration connect_timeout = absl::Seconds(5);

  std::vector<std::pair<std::string, std::string>> metadata;  // Of each call;
                                                              // HTTP: headers.
  // Webhook: PEM file of the private key that signs. Empty: not signed.
  std::string sign_key;
  // Gives Forward's events new ids with each call; without it, a server removes
  // them as duplicates from the second round on.
  bool unique_ids = true;
  int server_pid = 0;  // 0: the process that listens at the address.

  // INVALID_ARGUMENT names the first field that is out of range.
  absl::Status Validate() const;
};

}  // namespace segrid::bench
