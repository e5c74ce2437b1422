#include "core/config/environment.h"

#include <cstdlib>

#include "core/base/read_file.h"

namespace segrid::config {

Environment ProcessEnvironment() {
  return {
      .variable = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return value;
      },
      .read_file =
          [](const std::string& path, std::size_t max_bytes) {
            return base::ReadFile(path, max_bytes);
          },
  };
}

}  // namespace segrid::config
