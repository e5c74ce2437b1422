#include "bench/report/text_table.h"

#include <algorithm>

namespace segrid::bench {
namespace {

std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool Has(const std::vector<std::size_t>& list, std::size_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

std::string TextTable::Text() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    if (widths.size() < row.size()) widths.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  std::size_t total = 0;
  for (const std::size_t width : widths) total += width + 2;

  std::string text;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    if (Has(rules_, r)) text += "  " + std::string(total - 2, '-') + "\n";
    std::string line;
    for (std::size_t i = 0; i < rows_[r].size(); ++i) {
      const std::string pad(widths[i] - Width(rows_[r][i]), ' ');
      const bool is_left = i == 0 || Has(left_, i);
      line += "  " + (is_left ? rows_[r][i] + pad : pad + rows_[r][i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace segrid::bench
