// What tells the message ids of sources apart (mapping.md, 3.2).

#pragma once

#include <string>
#include <string_view>

namespace segrid::config {

// The first 4 hex digits of the SHA-256 of a source's name. Unique within a
// Config that Load() gave.
std::string TagOf(std::string_view source_name);

}  // namespace segrid::config
