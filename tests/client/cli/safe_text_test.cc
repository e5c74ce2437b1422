#include "client/cli/safe_text.h"

#include <gtest/gtest.h>

#include <string>

namespace segrid::cli {
namespace {

struct Case {
  std::string text;
  const char* line;
  const char* json;
};

TEST(SafeText, ShowsWhatControlsTerminalsOrHidesAsEscapes) {
  const Case kCases[] = {
      {"plain", "plain", "plain"},
      {"é € 😀 עברית", "é € 😀 עברית", "é € 😀 עברית"},
      {"\x1b[31m", "\\u001b[31m", "\\u001b[31m"},
      {"a\tb\r\nc", "a b  c", "a\\u0009b\\u000d\\u000ac"},
      {"\x7f", "\\u007f", "\\u007f"},
      {std::string("\0", 1), "\\u0000", "\\u0000"},
      // C1: CSI and NEL.
      {"\xC2\x9B", "\\u009b", "\\u009b"},
      {"\xC2\x80\xC2\x85\xC2\x9F", "\\u0080\\u0085\\u009f",
       "\\u0080\\u0085\\u009f"},
      {"\xC2\xA0", "\xC2\xA0", "\xC2\xA0"},
      // Bidi overrides, isolates, marks.
      {"\xE2\x80\xAA\xE2\x80\xAE", "\\u202a\\u202e", "\\u202a\\u202e"},
      {"\xE2\x81\xA6\xE2\x81\xA9", "\\u2066\\u2069", "\\u2066\\u2069"},
      {"\xE2\x80\x8E\xE2\x80\x8F\xD8\x9C", "\\u200e\\u200f\\u061c",
       "\\u200e\\u200f\\u061c"},
      // Without width; separators.
      {"\xE2\x80\x8B\xE2\x80\x8D\xE2\x81\xA0\xEF\xBB\xBF",
       "\\u200b\\u200d\\u2060\\ufeff", "\\u200b\\u200d\\u2060\\ufeff"},
      {"\xE2\x80\xA8\xE2\x80\xA9", "\\u2028\\u2029", "\\u2028\\u2029"},
      {"\xF3\xA0\x80\x81", "\\udb40\\udc01", "\\udb40\\udc01"},
      // No UTF-8: an 8-bit CSI, a cut and an overlong sequence, a surrogate.
      {"a\x9b"
       "b",
       "a\\x9bb", "a\\ufffdb"},
      {"\xE2\x80", "\\xe2\\x80", "\\ufffd\\ufffd"},
      {"\xC0\x9B", "\\xc0\\x9b", "\\ufffd\\ufffd"},
      {"\xED\xA0\x80", "\\xed\\xa0\\x80", "\\ufffd\\ufffd\\ufffd"},
  };
  for (const Case& test : kCases) {
    EXPECT_EQ(SafeLine(test.text), test.line);
    EXPECT_EQ(SafeJson(test.text), test.json);
  }
}

TEST(Counted, SaysOneAndMany) {
  EXPECT_EQ(Counted(0, "source"), "0 sources");
  EXPECT_EQ(Counted(1, "source"), "1 source");
  EXPECT_EQ(Counted(2, "source"), "2 sources");
  EXPECT_EQ(Counted(1, "address", "addresses"), "1 address");
  EXPECT_EQ(Counted(3, "address", "addresses"), "3 addresses");
}

}  // namespace
}  // namespace segrid::cli
