#include "client/cli/columns.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace segrid::cli {

void ExplainColumns(CLI::App& command, std::initializer_list<Column> columns) {
  std::size_t width = 0;
  for (const Column& column : columns) {
    width = std::max(width, column.name.size());
  }
  std::string text = "Columns:\n";
  for (const Column& column : columns) {
    text.append("  ").append(column.name);
    text.append(width - column.name.size() + 2, ' ');
    text.append(column.meaning).append("\n");
  }
  command.footer(text + "\n" + command.get_footer());
}

}  // namespace segrid::cli
