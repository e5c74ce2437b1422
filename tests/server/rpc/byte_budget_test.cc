#include "server/rpc/byte_budget.h"

#include <utility>

#include "gtest/gtest.h"

namespace segrid::rpc {
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

}  // namespace
}  // namespace segrid::rpc
