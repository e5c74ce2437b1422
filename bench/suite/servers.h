// The two servers of a suite: the product and the ceiling.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "bench/suite/child_process.h"

namespace segrid::bench {

// A server in a process of its own, and where it listens.
struct RunningServer {
  ChildProcess process;
  std::string address;
};

// segrid-server with the configuration `yaml`. Its address is gRPC's; its log
// is `directory`/server.log. UNAVAILABLE with the end of the log when it does
// not serve within 20 s.
absl::StatusOr<RunningServer> StartConfigured(const std::string& binary,
                                              const std::string& yaml,
                                              const std::string& directory);

// segrid-server with a configuration of its own in `directory`: one source that
// writes to a file there, any free port. UNAVAILABLE when it does not serve
// within 20 s.
absl::StatusOr<RunningServer> StartProduct(const std::string& binary,
                                           const std::string& directory);

// `segrid-bench echo-server` at any free port.
absl::StatusOr<RunningServer> StartEcho(const std::string& binary,
                                        const std::string& directory);

}  // namespace segrid::bench
