#include "client/cli/known_sources.h"

#include <algorithm>
#include <string_view>

#include "client/cli/admin.h"
#include "core/config/nearest.h"

namespace segrid::cli {

Error WithKnownSources(Error error, const ServerFlags& server,
                       const std::vector<std::string>& asked) {
  constexpr std::size_t kMaxShown = 20;
  if (error.reason != "UNKNOWN_SOURCE") return error;
  const auto answer =
      CallAdmin(server, &AdminStub::ListSources, v1::ListSourcesRequest());
  if (!answer.ok()) return error;
  std::vector<std::string_view> names;
  for (const v1::Source& source : answer->sources()) {
    names.push_back(source.name());
  }
  for (const std::string& each : asked) {
    if (std::find(names.begin(), names.end(), each) != names.end()) continue;
    const std::string_view nearest = config::Nearest(each, names);
    if (nearest.empty()) continue;
    error.message.append("; did you mean '").append(nearest).append("'?");
    break;
  }
  error.message.append(names.empty() ? "; there is none" : "; there are: ");
  for (std::size_t i = 0; i < std::min(names.size(), kMaxShown); ++i) {
    error.message.append(i == 0 ? "" : ", ").append(names[i]);
  }
  if (names.size() > kMaxShown) {
    error.message.append(" and ")
        .append(std::to_string(names.size() - kMaxShown))
        .append(" more; see 'segrid sources'");
  }
  return error;
}

}  // namespace segrid::cli
