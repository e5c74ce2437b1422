#include "core/engine/source_changes.h"

#include <algorithm>
#include <cstddef>
#include <functional>

#include "absl/strings/str_cat.h"
#include "core/base/read_file.h"
#include "core/config/changes.h"

namespace segrid::engine {
namespace {

const config::Source* Find(const config::Config& config,
                           const std::string& name) {
  for (const config::Source& source : config.sources) {
    if (source.name == name) return &source;
  }
  return nullptr;
}

}  // namespace

std::vector<config::Source> ChangedSources(const config::Config& from,
                                           const config::Config& to) {
  std::vector<config::Source> changed;
  for (const config::Source& source : to.sources) {
    const config::Source* const before = Find(from, source.name);
    if (before == nullptr || config::DeliversOtherwise(*before, source)) {
      changed.push_back(source);
    }
  }
  return changed;
}

std::vector<std::string> RemovedLanes(const config::Config& from,
                                      const config::Config& to) {
  std::vector<std::string> removed;
  for (const config::Source& source : from.sources) {
    const std::string& lane = config::LaneOf(source);
    const bool stays = std::any_of(to.sources.begin(), to.sources.end(),
                                   [&lane](const config::Source& other) {
                                     return config::LaneOf(other) == lane;
                                   });
    if (!stays) removed.push_back(lane);
  }
  return removed;
}

SourceFiles FingerprintFiles(const config::Config& config) {
  constexpr std::size_t kMaxBytes = 1 << 20;
  SourceFiles files;
  for (const config::Source& source : config.sources) {
    std::string all;
    for (const std::string& path :
         {source.ca_file, source.client_cert, source.client_key}) {
      if (path.empty()) continue;
      absl::StrAppend(&all, base::ReadFile(path, kMaxBytes).value_or(""), "\n");
    }
    files[source.name] = std::hash<std::string>()(all);
  }
  return files;
}

}  // namespace segrid::engine
