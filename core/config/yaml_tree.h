// YAML text to a tree. The only place that knows the YAML library.

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/config/node.h"
#include "core/config/problems.h"

namespace segrid::config {

inline constexpr std::size_t kMaxFileBytes = 1 << 20;
inline constexpr std::string_view kFileTooLarge =
    "the file is over 1 MiB, the most that is read; make it smaller";
inline constexpr std::size_t kMaxDepth = 16;

// The tree of one document; an empty text is a null node. What is no YAML, or
// YAML that a configuration has no use for (anchors, aliases, tags, several
// documents, keys that are not text, a key twice, control characters), goes to
// `problems`; the tree then is nullopt or has kBroken nodes.
std::optional<Node> ParseYaml(std::string_view text, Problems& problems);

}  // namespace segrid::config
