#include "core/config/environment.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "absl/status/status.h"

namespace segrid::config {
namespace {

absl::Status SystemError(int number) {
  return absl::ErrnoToStatus(number, "cannot be read");
}

absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     std::size_t max_bytes) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (file == nullptr) return SystemError(errno);
  // One byte more than allowed tells whether there is more.
  std::string content(max_bytes + 1, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  if (std::ferror(file.get()) != 0) return SystemError(errno);
  if (content.size() > max_bytes) {
    return absl::ResourceExhaustedError("is over " + std::to_string(max_bytes) +
                                        " bytes");
  }
  return content;
}

}  // namespace

Environment ProcessEnvironment() {
  return {
      .variable = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return value;
      },
      .read_file = &ReadFile,
  };
}

}  // namespace segrid::config
