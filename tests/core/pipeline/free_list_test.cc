#include "core/pipeline/free_list.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace segrid::pipeline {
namespace {

// Knows how many of its kind there are, and its users.
struct Counted {
  static inline std::atomic<int> alive = 0;
  Counted() { ++alive; }
  ~Counted() { --alive; }
  int users = 0;  // Not atomic: there is one at a time.
};

TEST(FreeList, LendsAgainWhatCameBack) {
  FreeList<Counted> list(2);
  const Counted* const first = list.Borrow().get();
  EXPECT_EQ(list.Borrow().get(), first);
  EXPECT_EQ(Counted::alive, 1);
}

TEST(FreeList, KeepsNoMoreThanItMay) {
  {
    FreeList<Counted> list(2);
    {
      const auto one = list.Borrow();
      const auto two = list.Borrow();
      const auto three = list.Borrow();
      EXPECT_EQ(Counted::alive, 3);
    }
    EXPECT_EQ(Counted::alive, 2);
    const auto one = list.Borrow();
    const auto two = list.Borrow();
    EXPECT_EQ(Counted::alive, 2);
  }
  EXPECT_EQ(Counted::alive, 0);
}

TEST(FreeList, FreesWhatIsNotLentWhenItIsCleared) {
  FreeList<Counted> list(3);
  const auto lent = list.Borrow();
  {
    const auto two = list.Borrow();
    const auto three = list.Borrow();
  }
  ASSERT_EQ(Counted::alive, 3);
  list.Clear();
  EXPECT_EQ(Counted::alive, 1);
  const auto again = list.Borrow();
  EXPECT_EQ(Counted::alive, 2);
}

TEST(FreeList, LendsAnObjectToOneUserAtATime) {
  FreeList<Counted> list(3);
  std::atomic<bool> was_shared = false;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int turn = 0; turn < 10'000; ++turn) {
          const auto lent = list.Borrow();
          if (++lent->users != 1) was_shared = true;
          --lent->users;
        }
      });
    }
  }
  EXPECT_FALSE(was_shared);
}

}  // namespace
}  // namespace segrid::pipeline
