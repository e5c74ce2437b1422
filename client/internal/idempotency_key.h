// Names for calls.

#pragma once

#include <string>

#include "client/call_options.h"

namespace segrid::internal {

// The metadata that carries the key.
inline constexpr char kIdempotencyKeyName[] = "segrid-idempotency-key";

// 32 random hex digits.
std::string RandomKey();

// `options` with a random key unless they have one.
CallOptions WithIdempotencyKey(CallOptions options);

// `options` of the part `index` of a call that is sent in several.
CallOptions WithKeyOfPart(CallOptions options, int index);

}  // namespace segrid::internal
