// Putting messages together.

#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace segrid::config {

// The parts as one string.
std::string Concat(std::initializer_list<std::string_view> parts);

// "a, b, c"
std::string List(std::span<const std::string_view> names);

// A key for messages. Keys are plain names; from the first other character on
// it may be a value that lost its space (`write_key:abc`), so that is cut off.
std::string ShownKey(std::string_view key);

// A value for messages: in quotes, printable, and not long.
std::string ShownValue(std::string_view value);

}  // namespace segrid::config
