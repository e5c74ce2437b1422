// A check of options that take one of a few words.

#pragma once

#include <CLI/App.hpp>
#include <string_view>
#include <vector>

namespace segrid::command_line {

// For one of `words`, which outlive the program's options (literals). An error
// lists them and names the nearest. The help shows them as `{a,b}`.
CLI::Validator OneOf(std::vector<std::string_view> words);

}  // namespace segrid::command_line
