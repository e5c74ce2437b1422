// Files as texts, whatever stands at their paths.

#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace segrid::base {

// What is no regular file, such as a named pipe, gets so long to give all it
// has: a path may be anything, and nobody shall wait for a writer that never
// comes.
inline constexpr absl::Duration kPipePatience = absl::Seconds(5);

// The whole content of the file at `path`.
//
// Errors say why it cannot be read ("cannot be read: …"), without path and
// content. RESOURCE_EXHAUSTED: it has over `max_bytes` bytes.
// DEADLINE_EXCEEDED: it is no regular file, and did not end in time. NOT_FOUND,
// PERMISSION_DENIED, FAILED_PRECONDITION (a directory), …: the system's.
//
// Thread safety: a function without state. Blocking: for the disk, and as
// kPipePatience says.
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     std::size_t max_bytes,
                                     absl::Duration patience = kPipePatience);

}  // namespace segrid::base
