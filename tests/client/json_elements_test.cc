#include "client/internal/json_elements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace segrid::internal {
namespace {

using ::testing::ElementsAre;

constexpr PartLimits kTwoEach{.max_bytes = 1'000, .max_events = 2};

std::vector<std::string> Texts(std::string_view json,
                               const PartLimits& limits = kTwoEach) {
  const auto runs = CutArray(json, limits);
  if (!runs) return {"no array"};
  std::vector<std::string> texts;
  for (const ElementRun& run : *runs) texts.emplace_back(run.text);
  return texts;
}

TEST(JsonElements, CutsByCount) {
  EXPECT_THAT(Texts("[1,2,3,4,5]"), ElementsAre("1,2", "3,4", "5"));
  EXPECT_THAT(Texts(" [1,2]\r\n"), ElementsAre("1,2"));
  EXPECT_THAT(Texts("[]"), ElementsAre());
  EXPECT_THAT(Texts("[ \n ]"), ElementsAre());
}

TEST(JsonElements, CutsBehindAByteOrderMark) {
  EXPECT_THAT(Texts("\xEF\xBB\xBF [1,2,3]"), ElementsAre("1,2", "3"));
  EXPECT_THAT(Texts("\xEF\xBB\xBF\xEF\xBB\xBF[1]"), ElementsAre("no array"));
}

TEST(JsonElements, CutsBetweenElementsOnly) {
  EXPECT_THAT(Texts(R"([{"a":[1,2,{"b":"],},{"}]},{"\"":"\\"},["x,y"],null])"),
              ElementsAre(R"({"a":[1,2,{"b":"],},{"}]},{"\"":"\\"})",
                          R"(["x,y"],null)"));
  EXPECT_THAT(Texts("[{},\r\n{},\r\n{}]\r\n"),
              ElementsAre("{},\r\n{}", "\r\n{}"));
}

TEST(JsonElements, CutsByBytesWithTheBrackets) {
  const PartLimits limits{.max_bytes = 6, .max_events = 100};
  EXPECT_THAT(Texts("[10,2,3,4]", limits), ElementsAre("10,2", "3,4"));
  // Too large by itself: a run of its own.
  EXPECT_THAT(Texts("[1,\"abcdefgh\",2]", limits),
              ElementsAre("1", "\"abcdefgh\"", "2"));
}

TEST(JsonElements, CountsFromTheBeginOfTheArray) {
  const auto runs = CutArray("[1,2,3]", kTwoEach);
  ASSERT_EQ(runs->size(), 2u);
  EXPECT_EQ((*runs)[0].first, 0);
  EXPECT_EQ((*runs)[0].count, 2);
  EXPECT_EQ((*runs)[1].first, 2);
  EXPECT_EQ((*runs)[1].count, 1);
}

TEST(JsonElements, LeavesWhatIsNoArrayToTheServer) {
  for (const char* const text :
       {"", "[", "{}", "null", "[1,2", "[1,]", "[,1]", "[{]", "[}]", "[\"a]",
        "[\"a\\\"]", "[\"\\", "[1]]", "[[1]"}) {
    EXPECT_THAT(Texts(text), ElementsAre("no array")) << text;
  }
}

TEST(JsonElements, LooksOnlyAtBodiesThatMayBeTooLarge) {
  const PartLimits limits{.max_bytes = 100, .max_events = 10};
  EXPECT_FALSE(MayNeedParts("[1,2,3]", limits));
  EXPECT_FALSE(MayNeedParts(std::string(100, 'x'), limits));
  EXPECT_TRUE(MayNeedParts(std::string(101, 'x'), limits));
  EXPECT_TRUE(MayNeedParts("[0,1,2,3,4,5,6,7,8,9,0]", limits));
}

}  // namespace
}  // namespace segrid::internal
