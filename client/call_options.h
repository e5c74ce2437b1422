// What may differ from call to call.

#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

namespace segrid {

struct CallOptions {
  // How long this call may take in all, retries included. Range: 1 ms to 24 h.
  // Unset: `ClientOptions::timeout`.
  std::optional<std::chrono::nanoseconds> timeout{};

  // Ends the call early with CANCELLED, `STOPPED`. The server may or may not
  // have done it.
  std::stop_token stop{};

  // Forward: names this call to the server, the same in every try, so that one
  // whose answer was lost is not counted a second time. 1 to 64 printable ASCII
  // characters. Empty: a random one.
  std::string idempotency_key{};
};

}  // namespace segrid
