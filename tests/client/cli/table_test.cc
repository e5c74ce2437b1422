#include "client/cli/table.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>

namespace segrid::cli {
namespace {

std::string Printed(const Table& table, bool colour) {
  std::ostringstream out;
  std::ostringstream err;
  Console console{out, err, colour};
  table.Print(console);
  return out.str();
}

Table Sample() {
  Table table({"NAME", "COUNT", "STATE"});
  table.Add({"a", std::int64_t{12345}, Cell("RUNNING", Colour::kGood)});
  table.Add({"longer", std::int64_t{7}, "-"});
  return table;
}

TEST(Table, AlignsTextLeftAndNumbersRight) {
  EXPECT_EQ(Printed(Sample(), false),
            "NAME    COUNT  STATE\n"
            "a       12345  RUNNING\n"
            "longer      7  -\n");
}

TEST(Table, ColoursOnlyWhereWanted) {
  EXPECT_NE(Printed(Sample(), true).find("\x1b[32mRUNNING\x1b[0m\n"),
            std::string::npos);
  EXPECT_EQ(Printed(Sample(), false).find('\x1b'), std::string::npos);
}

TEST(Table, PrintsNothingWithoutRows) {
  EXPECT_EQ(Printed(Table({"NAME"}), false), "");
}

TEST(Printable, MakesTextOfOthersFitForATerminal) {
  EXPECT_EQ(Printable("a\x1b[31mb\r\nc\x7f"), "a\\u001b[31mb  c\\u007f");
  EXPECT_EQ(Printable("abcdef", 3), "abc…");
  EXPECT_EQ(Printable("abcdef", 6), "abcdef");
  // A UTF-8 sequence is kept whole or left out.
  EXPECT_EQ(Printable("ab\xC3\xA9z", 3), "ab…");
}

}  // namespace
}  // namespace segrid::cli
