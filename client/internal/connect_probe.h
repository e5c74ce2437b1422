// Why there is no connection, where gRPC says only that there is none.

#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "client/client_options.h"

namespace segrid::internal {

// The cause of a server that is not there at all.
inline constexpr const char* kUnreachable = "UNREACHABLE";

// The reason that keeps a client from its server.
struct Finding {
  // For programs: see docs/errors.md.
  std::string cause;
  // For people: what is wrong and what to do.
  std::string message;
};

// Connects to the first of `address` (see ClientOptions), shakes hands as `tls`
// says, and tells what goes wrong. Sends nothing but the beginning of TLS and
// HTTP/2. Nullopt when all is well, or when it cannot tell.
//
// Thread safety: any thread. Blocking: `patience` at most.
std::optional<Finding> ProbeServer(const std::string& address,
                                   const std::optional<TlsOptions>& tls,
                                   std::chrono::nanoseconds patience);

// The same for a channel: many calls that fail make one probe in five seconds.
//
// Thread safety: any thread. Blocking: half a second at most, and one thread at
// a time; others that ask meanwhile learn nothing.
class ConnectProbe {
 public:
  ConnectProbe(std::string address, std::optional<TlsOptions> tls);

  std::optional<Finding> Ask();

 private:
  using Clock = std::chrono::steady_clock;

  const std::string address_;
  const std::optional<TlsOptions> tls_;
  std::mutex mutex_;
  // Both under `mutex_`.
  std::optional<Clock::time_point> asked_;
  std::optional<Finding> found_;
};

}  // namespace segrid::internal
