// Errors that the client itself makes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "client/call_options.h"
#include "client/error.h"

namespace segrid::internal {

// What callers may choose, and with the number of a part behind it.
inline constexpr std::size_t kMaxKeyLength = 64;
inline constexpr std::size_t kMaxKeyLengthOfPart = 80;

// INVALID_ARGUMENT, `BAD_OPTION` when `options` are out of range.
std::optional<Error> CheckCallOptions(const CallOptions& options,
                                      std::size_t max_key_length);

// CANCELLED, `STOPPED`.
Error Stopped();

// FAILED_PRECONDITION, `FORKED`.
Error Forked();

// `error` with the number of tries in `metadata["attempts"]` when there were
// several.
Error WithAttempts(Error error, std::int32_t attempts);

}  // namespace segrid::internal
