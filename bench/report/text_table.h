// Columns that line up.

#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace segrid::bench {

// Rows of text. The first column is flush left, the others flush right but for
// those named. Widths count characters, not bytes. Thread safety: none.
class TextTable {
 public:
  // `left`: columns that are flush left besides the first.
  explicit TextTable(std::vector<std::size_t> left = {})
      : left_(std::move(left)) {}

  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  // A line of dashes under what was added so far.
  void AddRule() { rules_.push_back(rows_.size()); }

  // Each line begins with two spaces and ends in a newline.
  std::string Text() const;

 private:
  std::vector<std::size_t> left_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> rules_;
};

}  // namespace segrid::bench
