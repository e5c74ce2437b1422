// A body of any length to a server, in parts, so that it can go on after a
// stop.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/cli/console.h"
#include "client/client.h"

namespace segrid::cli {

// What is long: more than one part of it is sent.
inline constexpr std::size_t kMaxPartBytes = 1 << 20;
inline constexpr std::int32_t kMaxPartEvents = 2'000;

struct ForwardPartsOptions {
  ForwardOptions forward{};  // Of each part.
  // Keeps how far it came; empty: nowhere. A body that has changed since starts
  // anew, which is harmless: the server knows the events.
  std::string state_file{};
  // The body's name in the state file, and for people.
  std::string body_name{};
  bool show_progress = false;
};

// What came of it, as far as it came.
struct ForwardedParts {
  v1::ForwardResponse answer{};     // All parts as one.
  std::int64_t done_before = 0;     // Events that the state file knew.
  std::int64_t done = 0;            // Events that are done now, with those.
  std::int64_t total = 0;           // 0: the body was sent as it is.
  std::optional<Error> error = {};  // Why it ended early.
};

// Sends the parts of `array` one after the other. What is no array is sent as
// it is: the server says what is wrong with it. Blocks until all are answered,
// one fails, or `options.forward.call.stop` says so. INVALID_ARGUMENT,
// UNAVAILABLE in `error` when the state file is wrong or cannot be written.
ForwardedParts ForwardInParts(const Client& client, std::string array,
                              const ForwardPartsOptions& options,
                              Console& console);

}  // namespace segrid::cli
