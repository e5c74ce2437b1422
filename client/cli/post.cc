#include "client/cli/post.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace segrid::cli {
namespace {

bool IsNamed(const std::pair<std::string, std::string>& header,
             std::string_view name) {
  return absl::EqualsIgnoreCase(header.first,
                                absl::string_view(name.data(), name.size()));
}

}  // namespace

std::optional<std::string_view> Post::Header(std::string_view name) const {
  if (CountOf(name) != 1) return std::nullopt;
  for (const auto& header : headers) {
    if (IsNamed(header, name)) return header.second;
  }
  return std::nullopt;
}

std::size_t Post::CountOf(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(),
                    [&](const auto& header) { return IsNamed(header, name); }));
}

}  // namespace segrid::cli
