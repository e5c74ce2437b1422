#include "core/http/client.h"

#include "absl/strings/match.h"

namespace segrid::http {

std::optional<std::string_view> Response::Header(std::string_view name) const {
  const absl::string_view wanted(name.data(), name.size());
  for (const auto& [key, value] : headers) {
    if (absl::EqualsIgnoreCase(key, wanted)) return value;
  }
  return std::nullopt;
}

}  // namespace segrid::http
