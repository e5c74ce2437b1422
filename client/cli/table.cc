#include "client/cli/table.h"

#include <algorithm>
#include <utility>

namespace segrid::cli {
namespace {

// Columns on a terminal: one per UTF-8 sequence is near enough for names.
std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

const char* Escape(Colour colour) {
  switch (colour) {
    case Colour::kGood:
      return "\x1b[32m";
    case Colour::kWarning:
      return "\x1b[33m";
    case Colour::kBad:
      return "\x1b[31m";
    case Colour::kPlain:
      break;
  }
  return "";
}

}  // namespace

std::string Painted(const Console& console, std::string_view text,
                    Colour colour) {
  std::string painted;
  const bool paint = console.colour && colour != Colour::kPlain;
  if (paint) painted += Escape(colour);
  painted += text;
  if (paint) painted += "\x1b[0m";
  return painted;
}

Table::Table(std::vector<std::string> headings)
    : headings_(std::move(headings)) {
  for (const std::string& heading : headings_) {
    widths_.push_back(Width(heading));
  }
}

void Table::Add(std::vector<Cell> row) {
  for (std::size_t i = 0; i < widths_.size() && i < row.size(); ++i) {
    widths_[i] = std::max(widths_[i], Width(row[i].text));
  }
  rows_.push_back(std::move(row));
}

void Table::PrintRow(Console& console, const std::vector<Cell>& row) const {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string padding(widths_[i] - Width(row[i].text), ' ');
    const std::string text = Painted(console, row[i].text, row[i].colour);
    const bool last = i + 1 == row.size();
    if (row[i].right) {
      console.out << padding << text;
    } else {
      console.out << text << (last ? "" : padding);
    }
    console.out << (last ? "\n" : "  ");
  }
}

void Table::Print(Console& console) const {
  if (rows_.empty()) return;
  // A heading stands over its column's side.
  std::vector<Cell> headings;
  for (std::size_t i = 0; i < headings_.size(); ++i) {
    Cell cell(headings_[i]);
    cell.right = rows_.front()[i].right;
    headings.push_back(std::move(cell));
  }
  PrintRow(console, headings);
  for (const std::vector<Cell>& row : rows_) PrintRow(console, row);
}

}  // namespace segrid::cli
