// Bodies that came compressed.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace segrid::webhook {

// The plain bytes of `packed`, which is in the gzip format, one member or
// several. Never makes more than `max_bytes`, whatever the input promises.
//
// INVALID_ARGUMENT, BAD_ENCODING:     it is no gzip, or damaged.
// RESOURCE_EXHAUSTED, BODY_TOO_LARGE: there are more than `max_bytes`.
//
// Thread safety: a function without state. Blocking: never.
//
// `unpacked_bytes`, if it is not null, becomes the number of bytes that were
// unpacked in all, also for nothing: at most twice `max_bytes`, and 128 KiB.
absl::StatusOr<std::string> Gunzip(std::string_view packed,
                                   std::int64_t max_bytes,
                                   std::int64_t* unpacked_bytes = nullptr);

}  // namespace segrid::webhook
