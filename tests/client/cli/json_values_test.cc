#include "client/cli/json_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace segrid::cli {
namespace {

using ::testing::HasSubstr;

TEST(JsonValues, MakesOneArrayOfWhatStandsBehindEachOther) {
  const struct {
    const char* text;
    const char* array;
  } kCases[] = {
      {"{\"a\":1}\n{\"b\":2}\n", "[{\"a\":1},{\"b\":2}]"},
      {"{\"a\":1}\r\n\r\n\n{\"b\":2}", "[{\"a\":1},{\"b\":2}]"},
      {"{\n  \"a\": [1,\n {}]\n}\n{}", "[{\n  \"a\": [1,\n {}]\n},{}]"},
      {"[{},\r\n{}]\r\n[]\n[{\"c\":3}]", "[{},{},{\"c\":3}]"},
      {"[][ ]", "[]"},
      {"\xEF\xBB\xBF[{}]", "[{}]"},
      {"{}\nnull\n7\n\"x y\"\n[1]", "[{},null,7,\"x y\",1]"},
      {R"({"a":"}{][\"\\"}{"b":1})", R"([{"a":"}{][\"\\"},{"b":1}])"},
      // As they are.
      {" [{},\n{}] ", " [{},\n{}] "},
      {"{},\n{},\n", "[{},{}]"},
  };
  for (const auto& test : kCases) {
    const auto array = AsArray(test.text);
    ASSERT_TRUE(array.ok()) << test.text << array.error();
    EXPECT_EQ(*array, test.array) << test.text;
  }
}

TEST(JsonValues, NamesTheLineOfWhatIsNoValue) {
  const struct {
    const char* text;
    const char* line;
  } kCases[] = {
      {"{}\n{bad\n{}", "line 2, byte "},
      {"{}\n\n{\"a\":\"cut\n{}\n", "line 3, byte "},
      {"{\"a\\", "line 1, byte "},
      {"{}\n{}\n]", "line 3, byte "},
      {"[{}]\n[{}", "line 2: the array"},
      {"[{]", "line 1, byte 1 (event 0): "},
      {"[{\"a", "line 1, byte 1 (event 0): "},
      {"[{},\n{\"a\":tru}]", "line 2, byte 5 (event 1): "},
      {"\xEF\xBB\xBF[{},{\"a\":tru}]", "line 1, byte 7 (event 1): "},
      {"[{},]", "byte 3"},
      {"[{}", "cut off"},
      {"", "is empty"},
      {" \n", "is empty"},
      {"7", "not an array"},
      {"hello", "byte 0"},
  };
  for (const auto& test : kCases) {
    const auto array = AsArray(test.text);
    ASSERT_FALSE(array.ok()) << test.text;
    EXPECT_THAT(array.error().message, HasSubstr(test.line)) << test.text;
  }
}

}  // namespace
}  // namespace segrid::cli
