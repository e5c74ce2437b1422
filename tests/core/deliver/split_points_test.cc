#include "core/deliver/split_points.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::deliver {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SplitPoints, AreWherePartsBeginAndEnd) {
  SplitPoints points;
  EXPECT_THAT(points.Take({1, 2, 3}), IsEmpty());
  points.Add({.first = 3, .last = 4});
  EXPECT_THAT(points.Take({1, 2, 3, 4, 5, 6}), ElementsAre(2, 4));
}

TEST(SplitPoints, AreForgottenWhereABatchCoversThem) {
  SplitPoints points;
  points.Add({.first = 3, .last = 4});
  // The part alone: its ends still part it from what comes around it.
  EXPECT_THAT(points.Take({3, 4}), IsEmpty());
  EXPECT_THAT(points.Take({2, 3}), ElementsAre(1));
  EXPECT_THAT(points.Take({2, 3}), IsEmpty());
  EXPECT_THAT(points.Take({4, 5}), ElementsAre(1));
}

TEST(SplitPoints, FindTheirPlaceAmongMessagesThatAreLeft) {
  SplitPoints points;
  points.Add({.first = 10, .last = 19});
  points.Add({.first = 20, .last = 29});
  EXPECT_THAT(points.Take({5, 25, 26, 40}), ElementsAre(1, 3));
  EXPECT_THAT(points.Take({}), IsEmpty());
}

TEST(SplitPoints, AreBounded) {
  SplitPoints points;
  std::vector<queue::Sequence> sequences;
  for (queue::Sequence i = 1; i <= 2 * SplitPoints::kMaxPoints; ++i) {
    points.Add({.first = i, .last = i});
    sequences.push_back(i);
  }
  EXPECT_EQ(points.Take(sequences).size(), SplitPoints::kMaxPoints - 1);
}

}  // namespace
}  // namespace segrid::deliver
