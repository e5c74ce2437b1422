// The difference between the sources of two configurations.

#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/config/config.h"

namespace segrid::engine {

// The sources of `to` that `from` does not have, or that deliver otherwise
// there.
std::vector<config::Source> ChangedSources(const config::Config& from,
                                           const config::Config& to);

// The lanes of the sources of `from` that no source of `to` delivers.
std::vector<std::string> RemovedLanes(const config::Config& from,
                                      const config::Config& to);

// By source: a number that changes with the contents of its PEM files.
using SourceFiles = std::map<std::string, std::size_t>;

// Blocks for the disk. A file that cannot be read counts as empty.
SourceFiles FingerprintFiles(const config::Config& config);

}  // namespace segrid::engine
