#include "server/budget/byte_budget.h"

#include <utility>

#include "gtest/gtest.h"

namespace segrid::budget {
namespace {

TEST(ByteBudget, RefusesWhatFindsNoRoom) {
  ByteBudget budget(100);
  const ByteBudget::Share first = budget.Take(60);
  EXPECT_TRUE(first);
  EXPECT_FALSE(budget.Take(41));
  EXPECT_TRUE(budget.Take(40));
  EXPECT_EQ(budget.used_bytes(), 60);
}

TEST(ByteBudget, GetsRoomBackOnce) {
  ByteBudget budget(100);
  {
    ByteBudget::Share share = budget.Take(100);
    ByteBudget::Share moved = std::move(share);
    EXPECT_EQ(budget.used_bytes(), 100);
    moved = budget.Take(0);
    EXPECT_TRUE(moved);  // Nothing has room in what is full.
    EXPECT_EQ(budget.used_bytes(), 0);
  }
  EXPECT_EQ(budget.used_bytes(), 0);
}

TEST(ByteBudget, TakesASingleRequestOfAnySize) {
  ByteBudget budget(100);
  const ByteBudget::Share large = budget.Take(1'000);
  EXPECT_TRUE(large);
  EXPECT_FALSE(budget.Take(1));
}

TEST(ByteBudget, CountsInTheOneOfAllDoorsToo) {
  const auto all = std::make_shared<ByteBudget>(100);
  ByteBudget one(80, all);
  ByteBudget other(80, all);
  ByteBudget::Share share = one.Take(70);
  EXPECT_FALSE(one.Take(20));    // Its own is full.
  EXPECT_FALSE(other.Take(40));  // The other one's is not, all together are.
  EXPECT_EQ(other.used_bytes(), 0);
  EXPECT_TRUE(other.Take(30));
  EXPECT_EQ(all->used_bytes(), 70);
  share = {};
  EXPECT_EQ(all->used_bytes(), 0);
  EXPECT_TRUE(other.Take(80));
}

}  // namespace
}  // namespace segrid::budget
