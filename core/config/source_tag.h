// Names made from a source's name: the tag that tells message ids of sources
// apart (mapping.md, 3.2), and the schema of its tables (warehouse.md).

#pragma once

#include <string>
#include <string_view>

namespace segrid::config {

// The first 4 hex digits of the SHA-256 of a source's name. Unique within a
// Config that Load() gave.
std::string TagOf(std::string_view source_name);

// The schema of a warehouse's tables where the source does not say: its name as
// Segment slugs it, in lower case and with '_' for '-'.
std::string SchemaOf(std::string_view source_name);

}  // namespace segrid::config
