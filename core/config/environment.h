// What the configuration reads besides its own text, as parameters, so that
// tests need neither a real environment nor real files.

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace segrid::config {

// Ownership: the functions own what they need. Thread safety and blocking: as
// the functions given.
struct Environment {
  // The value of an environment variable, or nullopt if it is not set.
  std::function<std::optional<std::string>(const std::string& name)> variable;

  // The whole content of a file. An error says why it cannot be read, without
  // content or path; RESOURCE_EXHAUSTED: it has over `max_bytes` bytes.
  std::function<absl::StatusOr<std::string>(const std::string& path,
                                            std::size_t max_bytes)>
      read_file;
};

// The environment of this process and the machine's files. A relative path
// starts at the working directory.
Environment ProcessEnvironment();

}  // namespace segrid::config
