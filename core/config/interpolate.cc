#include "core/config/interpolate.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "core/base/status_macros.h"
#include "core/config/text.h"

namespace segrid::config {
namespace {

constexpr std::string_view kFilePrefix = "file:";

absl::Status Wrong(std::string_view what, std::string_view name,
                   std::string_view problem) {
  return absl::InvalidArgumentError(
      Concat({what, " ", ShownValue(name), " ", problem}));
}

bool IsVariableName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
  });
}

absl::StatusOr<std::string> FromFile(const std::string& path,
                                     const Environment& environment) {
  if (path.empty()) {
    return absl::InvalidArgumentError(
        "'${file:}' names no file; write ${file:/path/to/file}");
  }
  absl::StatusOr<std::string> content =
      environment.read_file(path, kMaxInterpolatedBytes);
  if (!content.ok()) {
    return Wrong("file", path, std::string(content.status().message()));
  }
  while (!content->empty() &&
         (content->back() == '\n' || content->back() == '\r')) {
    content->pop_back();
  }
  if (content->empty()) return Wrong("file", path, "is empty");
  return content;
}

absl::StatusOr<std::string> FromVariable(const std::string& name,
                                         const Environment& environment) {
  if (!IsVariableName(name)) {
    // Not repeated: it may be a secret that someone put in braces.
    return absl::InvalidArgumentError(
        "'${...}' holds neither the name of an environment variable nor "
        "'file:path'; write ${NAME}, ${file:/path}, or $${ for a plain ${");
  }
  std::optional<std::string> value = environment.variable(name);
  if (!value.has_value()) {
    return Wrong("environment variable", name, "is not set; set it");
  }
  if (value->empty()) {
    return Wrong("environment variable", name, "is empty; give it a value");
  }
  if (value->size() > kMaxInterpolatedBytes) {
    return Wrong("environment variable", name, "is over 64 KiB");
  }
  return *std::move(value);
}

}  // namespace

bool HasInterpolation(std::string_view text) {
  for (std::size_t at = text.find("${"); at != std::string_view::npos;
       at = text.find("${", at + 2)) {
    if (at == 0 || text[at - 1] != '$') return true;
  }
  return false;
}

absl::StatusOr<std::string> Interpolate(std::string_view text,
                                        const Environment& environment) {
  std::string out;
  while (true) {
    const std::size_t start = text.find("${");
    out.append(text.substr(0, start));
    if (start == std::string_view::npos) return out;
    text.remove_prefix(start + 2);
    if (!out.empty() && start > 0 && out.back() == '$') {
      out.push_back('{');
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) {
      return absl::InvalidArgumentError(
          "a '${' has no '}'; write ${NAME}, ${file:/path}, or $${ for a plain "
          "${");
    }
    const std::string name(text.substr(0, end));
    SEGRID_ASSIGN_OR_RETURN(
        const std::string value,
        name.starts_with(kFilePrefix)
            ? FromFile(name.substr(kFilePrefix.size()), environment)
            : FromVariable(name, environment));
    out.append(value);
    if (out.size() > kMaxInterpolatedBytes) {
      return absl::InvalidArgumentError("gives over 64 KiB with all parts");
    }
    text.remove_prefix(end + 1);
  }
}

}  // namespace segrid::config
