// The webhook bodies of tests/data.

#pragma once

#include <map>
#include <string>
#include <string_view>

namespace segrid::testing {

// The text of a file, by its path below the root of the source tree.
std::string ReadDataFile(std::string_view path);

// Every body of tests/data/sendgrid and tests/data/bench by its file's name.
// Single objects are put into an array.
std::map<std::string, std::string> RealBodies();

}  // namespace segrid::testing
