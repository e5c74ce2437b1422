// The insides of JSON strings, against tables and against a plain version that
// looks at one character at a time.

#include "core/codec/json_text.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/plain_json.h"
#include "tests/testing/random.h"

namespace segrid::codec {
namespace {

using testing::Random;
using namespace std::string_literals;

// Calls a writer with exactly the room that its contract asks for.
using Writer = char* (*)(std::string_view, char*);
std::string Write(Writer writer, std::string_view text, std::size_t growth) {
  std::vector<char> in(text.begin(), text.end());
  std::vector<char> out(growth * text.size());
  char* const end = writer({in.data(), in.size()}, out.data());
  return {out.data(), static_cast<std::size_t>(end - out.data())};
}
std::string Unescaped(std::string_view inside) {
  return Write(Unescape, inside, 1);
}
std::string Escaped(std::string_view text) { return Write(Escape, text, 6); }
std::string Normalized(std::string_view inside) {
  return Write(Normalize, inside, 1);
}

struct TextRow {
  std::string inside;      // Of a JSON string.
  std::string text;        // What it means.
  std::string normalized;  // The shortest inside that means the same.
};

const std::vector<TextRow>& TextRows() {
  static const auto& rows = *new std::vector<TextRow>{
      {"", "", ""},
      {"plain", "plain", "plain"},
      {R"(\")", "\"", R"(\")"},
      {R"(\\)", "\\", R"(\\)"},
      {R"(\/)", "/", "/"},
      {R"(\b\f\n\r\t)", "\b\f\n\r\t", R"(\b\f\n\r\t)"},
      {R"(\u0008\u000c\u000A\u000D\u0009)", "\b\f\n\r\t", R"(\b\f\n\r\t)"},
      {R"(\u0000)", "\0"s, R"(\u0000)"},
      {R"(\u001F)", "\x1F", R"(\u001f)"},
      {R"(\u0022\u005C\u002f)", "\"\\/", R"(\"\\/)"},
      {R"(\u0020\u007f)", " \x7F", " \x7F"},
      {R"(\u0080\u07ff)", "\u0080\u07FF", "\u0080\u07FF"},
      {R"(\u0800\uFFFF)", "\u0800\uFFFF", "\u0800\uFFFF"},
      {R"(\ud7ff\ue000)", "\uD7FF\uE000", "\uD7FF\uE000"},
      {R"(\ud83d\ude00)", "😀", "😀"},
      {R"(\uD800\uDC00\udbff\udfff)", "\U00010000\U0010FFFF",
       "\U00010000\U0010FFFF"},
      {R"(\ud800)", "\uFFFD", "\uFFFD"},
      {R"(\udc00)", "\uFFFD", "\uFFFD"},
      {R"(\ud800x)", "\uFFFDx", "\uFFFDx"},
      {R"(\ud800\n)", "\uFFFD\n", R"(�\n)"},
      {R"(\ud800\u0041)", "\uFFFDA", "\uFFFDA"},
      {R"(\ud800\ud800\udc00)", "\uFFFD\U00010000", "\uFFFD\U00010000"},
      {R"(\udc00\ud800)", "\uFFFD\uFFFD", "\uFFFD\uFFFD"},
      {R"(a\\u0041)", R"(a\u0041)", R"(a\\u0041)"},
      {"é\\té", "é\té", "é\\té"},
  };
  return rows;
}

TEST(JsonText, UnescapesAndNormalizes) {
  for (const TextRow& row : TextRows()) {
    EXPECT_TRUE(EscapesAreLegal(row.inside)) << row.inside;
    EXPECT_EQ(Unescaped(row.inside), row.text) << row.inside;
    EXPECT_EQ(Normalized(row.inside), row.normalized) << row.inside;
    EXPECT_EQ(Escaped(row.text), row.normalized) << row.inside;
    EXPECT_EQ(IsClean(row.text), row.text == row.normalized) << row.inside;
  }
}

TEST(JsonText, RefusesEscapesThatJsonDoesNotHave) {
  for (const char* inside :
       {R"(\)", R"(\a)", R"(\x41)", R"(\')", R"(\0)", R"(\u)", R"(\u1)",
        R"(\u123)", R"(\u123g)", R"(\U0041)", R"(\N)", R"(\u 041)", R"(\u+041)",
        R"(a\u00)", R"(\\\)", "\\\xC3\xA9", "\\ ", "\\\n"}) {
    EXPECT_FALSE(EscapesAreLegal(inside)) << inside;
  }
  EXPECT_FALSE(EscapesAreLegal("\\\0"s));
  EXPECT_TRUE(EscapesAreLegal(""));
}

TEST(JsonText, EachByteIsEscapedOrNot) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    const bool must = byte < 0x20 || byte == '"' || byte == '\\';
    EXPECT_EQ(IsClean(text), !must) << byte;
    EXPECT_EQ(Escaped(text) == text, !must) << byte;
    // At each place of the words that are looked at together.
    for (std::size_t at = 0; at < 24; ++at) {
      std::string longer(24, 'x');
      longer[at] = text[0];
      EXPECT_EQ(IsClean(longer), !must) << byte << " at " << at;
    }
  }
}

TEST(JsonText, KnowsNumbers) {
  for (const char* number :
       {"0", "-0", "1", "-1", "10", "9007199254740993", "0.0", "0.5", "-0.5",
        "1e1", "1E1", "1e+1", "1e-1", "0e0", "1.5e300", "123.456E-7",
        "99999999999999999999999999"}) {
    EXPECT_TRUE(IsJsonNumber(number)) << number;
  }
  for (const char* text :
       {"",      "-",        "+1",   "01",    "-01", "00",  "1.",
        ".5",    "-.5",      "1.e1", "1e",    "1e+", "1e-", "e1",
        "1e1.5", "0x10",     "1 ",   " 1",    "1a",  "--1", "1-1",
        "1.2.3", "Infinity", "NaN",  "1_000", "1,5", "1F5", "1\n"}) {
    EXPECT_FALSE(IsJsonNumber(text)) << text;
  }
}

// A string over the characters that matter.
std::string RandomInside(Random& random) {
  std::string inside;
  for (std::size_t left = random.Below(12); left > 0; --left) {
    inside += random.Pick<std::string_view>(
        {"\\", "u", "\"", "/", "n", "b", "d83d", "de00", "0041", "\\u", "x",
         "é", "😀", "\\n", "\\u00", "text of some length", "\\ud83d"});
  }
  return inside;
}

TEST(JsonText, JudgesEscapesAsAPlainReaderDoes) {
  Random random(testing::TestSeed());
  int legal = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string inside = RandomInside(random);
    // A quote that is not escaped would end the string.
    std::string quoted;
    for (std::size_t k = 0; k < inside.size(); ++k) {
      if (inside[k] == '\\' && k + 1 < inside.size())
        quoted += inside[k++];
      else if (inside[k] == '"')
        continue;
      quoted += inside[k];
    }
    const bool expected = testing::JudgeJson("[\"" + quoted + "\"]").valid;
    ASSERT_EQ(EscapesAreLegal(quoted), expected) << quoted;
    if (!expected) continue;
    ++legal;
    const std::string text = Unescaped(quoted);
    ASSERT_TRUE(testing::IsPlainUtf8(text)) << quoted;
    ASSERT_EQ(Normalized(quoted), Escaped(text)) << quoted;
    ASSERT_EQ(Unescaped(Escaped(text)), text) << quoted;
  }
  EXPECT_GT(legal, 10'000);
}

TEST(JsonText, JudgesNumbersAsAPlainReaderDoes) {
  Random random(testing::TestSeed());
  int numbers = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string text;
    for (std::size_t left = 1 + random.Below(7); left > 0; --left) {
      text += random.PickFrom(std::string_view("00127-+.eE"));
    }
    const bool expected = testing::JudgeJson("[" + text + "]").valid;
    ASSERT_EQ(IsJsonNumber(text), expected) << text;
    numbers += expected;
  }
  EXPECT_GT(numbers, 1'000);
}

}  // namespace
}  // namespace segrid::codec
