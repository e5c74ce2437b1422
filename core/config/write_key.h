// What a write key and other secrets may look like.

#pragma once

#include <string>
#include <string_view>

namespace segrid::config {

// The checks say what is wrong and what would be right, or "". They never
// repeat any of it.

// Any secret: one word of printable ASCII.
std::string_view CheckSecret(std::string_view secret);

// A write key. Those of receiver `jitsu` have two parts, joined by a ':'.
std::string_view CheckWriteKey(std::string_view key,
                               std::string_view receiver = "segment");

// The path of a file with a certificate or key, which is often pasted itself.
std::string CheckPemFile(const std::string& path);

}  // namespace segrid::config
