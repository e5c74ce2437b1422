#include "client/cli/batch_tracks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace segrid::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Cut {
  std::vector<std::string_view> tracks;
  bool at_end;
};

Cut CutAll(std::string_view batch) {
  Cut cut;
  BatchTracks tracks(batch);
  std::string_view track;
  while (tracks.Next(track)) cut.tracks.push_back(track);
  cut.at_end = tracks.AtEnd();
  return cut;
}

TEST(BatchTracks, GivesEachElementInOrder) {
  const Cut cut = CutAll(R"({"batch":[{"a":1},{},{"b":{"c":[{}]}}]})");
  EXPECT_THAT(cut.tracks,
              ElementsAre(R"({"a":1})", "{}", R"({"b":{"c":[{}]}})"));
  EXPECT_TRUE(cut.at_end);
}

TEST(BatchTracks, IsAtItsEndWhenThereAreNone) {
  const Cut cut = CutAll(R"({"batch":[]})");
  EXPECT_THAT(cut.tracks, IsEmpty());
  EXPECT_TRUE(cut.at_end);
}

TEST(BatchTracks, DoesNotCountBracesInStrings) {
  const Cut cut = CutAll(R"({"batch":[{"}":"{\"}\\"},{"x":"\\\"}"}]})");
  EXPECT_THAT(cut.tracks, ElementsAre(R"({"}":"{\"}\\"})", R"({"x":"\\\"}"})"));
  EXPECT_TRUE(cut.at_end);
}

TEST(BatchTracks, SaysWhenTheBatchIsNotWhole) {
  for (const std::string_view batch :
       {"", "[]", R"({"batch":[)", R"({"batch":[{"a":1})", R"({"batch":[{"a)",
        R"({"batch":[{"a\)", R"({"batch":[{}],"sentAt":""})",
        R"({"batch":[1]})"}) {
    EXPECT_FALSE(CutAll(batch).at_end) << batch;
  }
}

}  // namespace
}  // namespace segrid::cli
