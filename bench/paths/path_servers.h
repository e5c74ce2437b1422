// The servers of the table of paths, each in a process of its own.

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "bench/suite/child_process.h"
#include "bench/suite/servers.h"

namespace segrid::bench {

// Where a product delivers to; without `endpoint` to a file, one batch a
// second, so that delivery takes no CPU time from what is measured.
struct DeliveryTarget {
  std::string endpoint;  // https://localhost:port
  std::string ca_file;
};

// segrid-server with gRPC, a webhook that checks signatures, and one source.
struct ProductServer {
  ChildProcess process;
  std::string grpc;  // Addresses, host:port.
  std::string http;
};

// Starts it in `directory`, which must exist. UNAVAILABLE with the end of its
// log when it does not serve within 20 s.
absl::StatusOr<ProductServer> StartProductServer(const std::string& binary,
                                                 const std::string& public_key,
                                                 const DeliveryTarget& target,
                                                 const std::string& directory);

// `segrid-http-echo` at any free port.
absl::StatusOr<RunningServer> StartHttpEcho(const std::string& binary,
                                            std::int64_t answer_bytes,
                                            const std::string& directory);

}  // namespace segrid::bench
