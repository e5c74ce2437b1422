#include "core/deliver/cuts.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::deliver {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Cuts, AreWherePartsBeginAndEnd) {
  Cuts cuts;
  EXPECT_THAT(cuts.Take({1, 2, 3}), IsEmpty());
  cuts.Add({.first = 3, .last = 4});
  EXPECT_THAT(cuts.Take({1, 2, 3, 4, 5, 6}), ElementsAre(2, 4));
}

TEST(Cuts, AreForgottenWhereABatchCoversThem) {
  Cuts cuts;
  cuts.Add({.first = 3, .last = 4});
  // The part alone: its ends still part it from what comes around it.
  EXPECT_THAT(cuts.Take({3, 4}), IsEmpty());
  EXPECT_THAT(cuts.Take({2, 3}), ElementsAre(1));
  EXPECT_THAT(cuts.Take({2, 3}), IsEmpty());
  EXPECT_THAT(cuts.Take({4, 5}), ElementsAre(1));
}

TEST(Cuts, FindTheirPlaceAmongMessagesThatAreLeft) {
  Cuts cuts;
  cuts.Add({.first = 10, .last = 19});
  cuts.Add({.first = 20, .last = 29});
  EXPECT_THAT(cuts.Take({5, 25, 26, 40}), ElementsAre(1, 3));
  EXPECT_THAT(cuts.Take({}), IsEmpty());
}

TEST(Cuts, AreBounded) {
  Cuts cuts;
  std::vector<queue::Sequence> sequences;
  for (queue::Sequence i = 1; i <= 2 * Cuts::kMaxCuts; ++i) {
    cuts.Add({.first = i, .last = i});
    sequences.push_back(i);
  }
  EXPECT_EQ(cuts.Take(sequences).size(), Cuts::kMaxCuts - 1);
}

}  // namespace
}  // namespace segrid::deliver
