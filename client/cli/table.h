// Tables for people: columns as wide as needed, numbers to the right.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/console.h"

namespace segrid::cli {

enum class Colour { kPlain, kGood, kWarning, kBad };

// One field of a table. Made implicitly, so that a row reads as a list.
// NOLINTBEGIN(google-explicit-constructor)
struct Cell {
  Cell(std::string_view text_in, Colour colour_in = Colour::kPlain)
      : text(Printable(text_in, 100)), colour(colour_in) {}
  Cell(const std::string& text_in) : Cell(std::string_view(text_in)) {}
  Cell(const char* text_in) : Cell(std::string_view(text_in)) {}
  Cell(std::int64_t number) : text(std::to_string(number)), right(true) {}

  std::string text;
  Colour colour = Colour::kPlain;
  bool right = false;
};
// NOLINTEND(google-explicit-constructor)

// Collects rows and prints them under a heading.
class Table {
 public:
  explicit Table(std::vector<std::string> headings);

  // As many cells as headings.
  void Add(std::vector<Cell> row);

  // Prints nothing without rows.
  void Print(Console& console) const;

 private:
  void PrintRow(Console& console, const std::vector<Cell>& row) const;

  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
  std::vector<std::size_t> widths_;
};

// `text` in its colour where `console` wants colours.
std::string Painted(const Console& console, std::string_view text,
                    Colour colour);

}  // namespace segrid::cli
