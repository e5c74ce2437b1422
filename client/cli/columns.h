// The columns of a command's table, explained in its --help.

#pragma once

#include <CLI/App.hpp>
#include <initializer_list>
#include <string_view>

namespace segrid::cli {

struct Column {
  std::string_view name;  // As in the table's heading.
  std::string_view meaning;
};

// Adds a section "Columns" to the help of `command`, before what its help ends
// with otherwise.
void ExplainColumns(CLI::App& command, std::initializer_list<Column> columns);

}  // namespace segrid::cli
