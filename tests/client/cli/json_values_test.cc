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
      {"[{},\r\n{}]\r\n[]\n[{\"c\":3}]", "[{},\r\n{},{\"c\":3}]"},
      {"[][ ]", "[]"},
      {"\xEF\xBB\xBF[{}]", "[{}]"},
      {"{}\nnull 7 \"x y\" [1]", "[{},null,7,\"x y\",1]"},
      {R"({"a":"}{][\"\\"}{"b":1})", R"([{"a":"}{][\"\\"},{"b":1}])"},
      // As they are.
      {" [{},\n{}] ", " [{},\n{}] "},
      {"[{]", "[{]"},
      {"[{\"a", "[{\"a"},
      {"", ""},
      {" \n", " \n"},
      {"7", "7"},
      {"hello", "hello"},
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
      {"{}\n{bad\n{}", "line 2: "}, {"{}\n\n{\"a\":\"cut\n{}\n", "line 3: "},
      {"{\"a\\", "line 1: "},       {"{}\n{}\n]", "line 3: "},
      {"{},\n{}", "line 1: "},      {"[{}]\n[{}", "line 2: "},
  };
  for (const auto& test : kCases) {
    const auto array = AsArray(test.text);
    ASSERT_FALSE(array.ok()) << test.text;
    EXPECT_THAT(array.error().message, HasSubstr(test.line)) << test.text;
  }
}

}  // namespace
}  // namespace segrid::cli
