#include "client/cli/event_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace segrid::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::size_t kMaxEvent = 1 << 20;

// What a file is cut into: `E` or `B`, line, byte, and the text.
struct Cut {
  std::vector<std::string> items;
  std::vector<std::string> whys;
  bool unfinished = false;
  std::int64_t open_array_line = 0;
};

Cut CutText(const std::string& text, std::size_t block,
            std::size_t max_event = kMaxEvent) {
  std::string_view rest = text;
  EventSplitter splitter(
      [&](char* to, std::size_t size) -> Result<std::size_t> {
        const std::size_t given = std::min({size, block, rest.size()});
        std::memcpy(to, rest.data(), given);
        rest.remove_prefix(given);
        return given;
      },
      max_event);
  Cut cut;
  while (const auto item = *splitter.Next()) {
    if (item->kind == ArchiveItem::Kind::kMoreOfBad) {
      cut.items.back().append(item->text);
      continue;
    }
    EXPECT_EQ(item->index, static_cast<std::int64_t>(cut.items.size()));
    const bool bad = item->kind == ArchiveItem::Kind::kBad;
    if (bad) cut.whys.push_back(item->why);
    cut.items.push_back((bad ? "B" : "E") + std::to_string(item->line) + "@" +
                        std::to_string(item->byte) + " " +
                        std::string(item->text));
  }
  cut.unfinished = splitter.last_is_unfinished();
  cut.open_array_line = splitter.open_array_line();
  return cut;
}

struct Case {
  const char* name;
  std::string text;
  std::vector<std::string> items;
  bool unfinished = false;
};

std::string NameOfCase(const ::testing::TestParamInfo<Case>& of) {
  return of.param.name;
}

class EventSplitterTest : public ::testing::TestWithParam<Case> {};

TEST_P(EventSplitterTest, FindsTheSameItemsHoweverTheBytesArrive) {
  for (const std::size_t block : {1, 2, 3, 7, 1 << 20}) {
    const Cut cut = CutText(GetParam().text, block);
    EXPECT_THAT(cut.items, ElementsAreArray(GetParam().items)) << block;
    EXPECT_EQ(cut.unfinished, GetParam().unfinished) << block;
  }
}

const std::string kMark = "\xEF\xBB\xBF";

INSTANTIATE_TEST_SUITE_P(
    Forms, EventSplitterTest,
    ::testing::Values(Case{"Nothing", "", {}}, Case{"Blanks", " \r\n\t\n", {}},
                      Case{"ALoneEvent", R"({"a":1})", {R"(E1@0 {"a":1})"}},
                      Case{"AnArray",
                           "[{\"a\":1},\r\n {\"b\":[2,{}]} ]\n",
                           {R"(E1@1 {"a":1})", R"(E2@12 {"b":[2,{}]})"}},
                      Case{"EmptyArrays", "[] [ ]\n[]", {}},
                      Case{"Lines",
                           "{\"a\":1}\r\n\r\n{\"b\":\"}{][,\\\"\"}\n",
                           {R"(E1@0 {"a":1})", "E3@11 {\"b\":\"}{][,\\\"\"}"}},
                      Case{"BodiesOneAfterTheOther",
                           R"([{"a":1}][{"b":2}]{"c":3}{"d":4})",
                           {R"(E1@1 {"a":1})", R"(E1@10 {"b":2})",
                            R"(E1@18 {"c":3})", R"(E1@25 {"d":4})"}},
                      Case{"EventsOverLines",
                           "{\n \"a\": 1\n}\n{\n \"b\": {\n }\n}\n",
                           {"E1@0 {\n \"a\": 1\n}",
                            "E4@12 {\n \"b\": {\n }\n}"}},
                      Case{"MarksInFrontOfBodies",
                           kMark + "[{}]\n" + kMark + "{}",
                           {"E1@4 {}", "E2@11 {}"}},
                      Case{"CommasBehindLines",
                           "{\"a\":1},\n{\"b\":2},\n",
                           {R"(E1@0 {"a":1})", R"(E2@9 {"b":2})"}},
                      Case{"Scalars",
                           "[1,\"x\",null]\n42\n",
                           {"E1@1 1", "E1@3 \"x\"", "E1@7 null", "E2@13 42"}}),
    NameOfCase);

INSTANTIATE_TEST_SUITE_P(
    BadLines, EventSplitterTest,
    ::testing::Values(
        Case{"ACutString",
             "{\"a\":1}\n{\"b\":\"x\n{\"c\":3}\n",
             {R"(E1@0 {"a":1})", "B2@8 {\"b\":\"x\n", R"(E3@16 {"c":3})"}},
        Case{"ACutObject",
             "{\"a\":1,\n{\"b\":2}\n{\"c\":3}\n",
             {"B1@0 {\"a\":1,\n", R"(E2@8 {"b":2})", R"(E3@16 {"c":3})"}},
        Case{"ACutBehindAColon",
             "{\"a\":\n{\"b\":2}\n{\"c\":3}\n",
             {"B1@0 {\"a\":\n", R"(E2@6 {"b":2})", R"(E3@14 {"c":3})"}},
        Case{"Garbage",
             "hello {}\n\xff\x01\n{\"c\":3}\nx\r\ny\n",
             {"B1@0 hello {}\n", "B2@9 \xff\x01\n", R"(E3@12 {"c":3})",
              "B4@20 x\r\n", "B5@23 y\n"}},
        Case{"SomethingBehindAnEvent",
             "{\"a\":1}}\n{\"b\":1},\"c\":2}\n{}\n",
             {"B1@0 {\"a\":1}}\n", "B2@9 {\"b\":1},\"c\":2}\n", "E3@24 {}"}},
        Case{"AnElement",
             R"([{"a":1},{"b" 2},{"c":3}])",
             {R"(E1@1 {"a":1})", R"(B1@9 {"b" 2})", R"(E1@17 {"c":3})"}},
        Case{"AWordInAnArray",
             R"([{"a":1},@@,{"c":3}])",
             {R"(E1@1 {"a":1})", "B1@9 @@", R"(E1@12 {"c":3})"}},
        Case{"ACutElement",
             "[{\"a\":1},\n{\"b\":\"x\n{\"c\":3}]\n[{}]",
             {R"(E1@1 {"a":1})", "B2@10 {\"b\":\"x\n", R"(E3@18 {"c":3})",
              "E4@28 {}"}},
        Case{"ACutBodyBeforeAnother",
             "[{\"a\":1},{\"b\":\n[{\"c\":3}]\n{}\n",
             {R"(E1@1 {"a":1})", "B1@9 {\"b\":\n", R"(E2@16 {"c":3})",
              "E3@25 {}"}},
        Case{"AnEventOverLines",
             "[\n  {\n    \"a\": oops oops,\n    \"b\": [\n    ],\n    \"c\": "
             "1\n"
             "  },\n  {\n    \"d\": 1\n  }\n]\n{}\n",
             {"B2@4 {\n    \"a\": oops oops,\n    \"b\": [\n    ],\n    \"c\": "
              "1\n  },\n",
              "E8@62 {\n    \"d\": 1\n  }", "E12@81 {}"}}),
    NameOfCase);

// They may go on when the file has grown.
INSTANTIATE_TEST_SUITE_P(
    Ends, EventSplitterTest,
    ::testing::Values(
        Case{"InAString",
             "{\"a\":1}\n{\"b\":\"x",
             {R"(E1@0 {"a":1})", "B2@8 {\"b\":\"x"},
             true},
        Case{"BehindALine",
             "{\"a\":1}\n{\"b\":1,\n",
             {R"(E1@0 {"a":1})", "B2@8 {\"b\":1,\n"},
             true},
        Case{"InAnEventOverLines",
             "{}\n{\n  \"b\": 1,\n  \"c\"",
             {"E1@0 {}", "B2@3 {\n  \"b\": 1,\n  \"c\""},
             true},
        Case{"InGarbage", "{}\nxyz", {"E1@0 {}", "B2@3 xyz"}, true},
        Case{"InAnArray", "[{},{\"b\":", {"E1@1 {}", "B1@4 {\"b\":"}, true},
        Case{"BetweenElements", "[{},", {"E1@1 {}"}, false},
        Case{"BehindAWholeLine",
             "x\n{}\nxyz\n",
             {"B1@0 x\n", "E2@2 {}", "B3@5 xyz\n"},
             false}),
    NameOfCase);

TEST(EventSplitter, SaysWhichArrayHasNoEnd) {
  EXPECT_EQ(CutText("{}\n[{},\n{}", 1).open_array_line, 2);
  EXPECT_EQ(CutText("{}\n[{}]\n{}", 1).open_array_line, 0);
}

TEST(EventSplitter, BoundsALineAndGoesOnBehindIt) {
  const std::string event = "{\"a\":\"" + std::string(3'000'000, 'x') + "\"}";
  for (const std::size_t block : {4'096, 1 << 18}) {
    const Cut cut = CutText("{}\n" + event + "\n{\"b\":1}\n", block);
    ASSERT_THAT(cut.items, SizeIs(3));
    EXPECT_EQ(cut.items[1], "B2@3 " + event + "\n");
    EXPECT_THAT(cut.whys, ElementsAre(HasSubstr("longer than 1 MiB")));
    EXPECT_THAT(cut.items[2], HasSubstr("{\"b\":1}"));
  }
}

TEST(EventSplitter, NamesWhatIsNoJson) {
  const std::vector<std::pair<std::string, const char*>> files = {
      {std::string("\xFF\xFE{\0", 4), "UTF-16"},
      {"PK\x03\x04", "zip"},
      {"\x28\xB5\x2F\xFD", "zstd"},
      {"BZh9", "bzip2"},
      {"--boundary\n", "multipart"},
      {"<html>", "HTML"},
      {"\x01", "the control character 0x01 is outside"},
      {"email=a", "not JSON: a value is expected here, not a letter"},
      {"{'a':1}", "a single quote instead of a double one (byte 1)"},
      {"{\xE2\x80\x9C", "a typographic quote"},
      {"[\xC2\xA0", "a no-break space"},
      {"[\xE9", "a byte that is not UTF-8 is outside a string"},
      {std::string("[\0{\0", 4), "a NUL byte is outside a string; is it"},
      {"[/* */", "JSON has no comments"},
      {"{\"a\" 1}", "a colon must follow the key, not a digit (byte 5)"},
      {"{\"a\":\"b", "cut off at the end of the file (byte 7)"},
      {"{\"a\":1,}", "key in double quotes"},
      {"{\"a\":\"b\n\"}", "a string has no end in its line (byte 7)"},
      {"{\"a\"1}", "colon"},
      {"{\"a\":1]", "] closes nothing"},
      {"{\"a\":[1 2]}", "comma"},
      {std::string(2'000, '['), ""},
      {"{\"a\":" + std::string(2'000, '['), "1,024 levels"},
  };
  for (const auto& [text, why] : files) {
    const Cut cut = CutText(text, 1 << 20);
    if (*why == '\0') {
      EXPECT_THAT(cut.whys, SizeIs(1)) << text;
      continue;
    }
    ASSERT_FALSE(cut.whys.empty()) << text;
    EXPECT_THAT(cut.whys.front(), HasSubstr(why)) << text;
  }
}

TEST(EventSplitter, TellsAFailureAfterWhatWasWhole) {
  std::string text = "{\"a\":1}\n{\"b\":";
  EventSplitter splitter(
      [&](char* to, std::size_t) -> Result<std::size_t> {
        if (text.empty()) {
          Error error;
          error.message = "the disk is gone";
          return error;
        }
        std::memcpy(to, text.data(), text.size());
        return std::exchange(text, "").size();
      },
      kMaxEvent);
  const auto first = splitter.Next();
  ASSERT_TRUE(first.ok());
  EXPECT_EQ((*first)->text, "{\"a\":1}");
  const auto second = splitter.Next();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message, "the disk is gone");
}

}  // namespace
}  // namespace segrid::cli
