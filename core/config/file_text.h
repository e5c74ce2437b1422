// Checks a file's text before anyone looks for YAML in it.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/config/node.h"
#include "core/config/problems.h"

namespace segrid::config {

// A text and where its lines begin. `text` must outlive it.
class FileText {
 public:
  explicit FileText(std::string_view text);

  // The position of a byte on a line, both counted from 0. In constant time.
  Position At(std::size_t line, std::size_t byte) const;

  // False, with a problem at the first bad byte, unless the text is UTF-8
  // without control characters (but tab and line breaks) and not too long.
  bool Check(Problems& problems) const;

 private:
  Position AtOffset(std::size_t offset) const;
  std::size_t CharactersBefore(std::size_t offset) const;

  std::string_view text_;
  std::vector<std::size_t> line_starts_;
  std::vector<std::size_t> characters_;  // Before each block.
};

}  // namespace segrid::config
