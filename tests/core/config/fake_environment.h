// An environment and files that exist only in a test.

#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "core/config/environment.h"

namespace segrid::config {

inline Environment FakeEnvironment(
    std::map<std::string, std::string> variables = {},
    std::map<std::string, std::string> files = {}) {
  return {
      .variable = [variables = std::move(variables)](
                      const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
      },
      .read_file = [files = std::move(files)](
                       const std::string& path,
                       std::size_t max_bytes) -> absl::StatusOr<std::string> {
        const auto found = files.find(path);
        if (found == files.end()) {
          return absl::NotFoundError("cannot be read: no such file");
        }
        if (found->second.size() > max_bytes) {
          return absl::ResourceExhaustedError("is too long");
        }
        return found->second;
      },
  };
}

}  // namespace segrid::config
