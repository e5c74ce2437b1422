#include "client/internal/retry_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace segrid::internal {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

Error Failure(ErrorCode code, std::string reason = "",
              std::optional<nanoseconds> delay = std::nullopt) {
  Error error;
  error.code = code;
  error.reason = std::move(reason);
  error.retry_delay = delay;
  return error;
}

TEST(RetryLoop, TriesAgainWhatMaySucceed) {
  struct Case {
    Error error;
    bool waiting;  // wait_for_ready
    bool again;
  };
  const std::vector<Case> cases = {
      {Failure(ErrorCode::kUnavailable), true, true},
      {Failure(ErrorCode::kUnavailable, "DRAINING"), true, true},
      {Failure(ErrorCode::kUnavailable, "NOT_CONNECTED"), true, true},
      {Failure(ErrorCode::kUnavailable, "NOT_CONNECTED"), false, false},
      {Failure(ErrorCode::kDeadlineExceeded), true, true},
      {Failure(ErrorCode::kCancelled), true, true},
      {Failure(ErrorCode::kCancelled, "STOPPED"), true, false},
      {Failure(ErrorCode::kResourceExhausted, "QUEUE_FULL", seconds(1)), true,
       true},
      {Failure(ErrorCode::kResourceExhausted), true, false},
      {Failure(ErrorCode::kInvalidArgument, "INVALID_JSON"), true, false},
      {Failure(ErrorCode::kNotFound, "UNKNOWN_SOURCE"), true, false},
      {Failure(ErrorCode::kUnauthenticated), true, false},
      {Failure(ErrorCode::kFailedPrecondition, "FORKED"), true, false},
      {Failure(ErrorCode::kInternal), true, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(IsWorthAnotherTry(c.error, c.waiting), c.again)
        << c.error << ", wait_for_ready " << c.waiting;
  }
}

class RetryLoopTest : public ::testing::Test {
 protected:
  RetryLoop Loop() { return RetryLoop(limits_, budget_, jitter_, begin_); }

  RetryLimits limits_{.retry = {}, .timeout = seconds(10)};
  RetryBudget budget_{1'000};
  const retry::Jitter jitter_ = [] { return 0.5; };
  const Timer::TimePoint begin_{seconds(100)};
  const Error unavailable_ = Failure(ErrorCode::kUnavailable);
};

TEST_F(RetryLoopTest, WaitsLongerEachTimeUpToTheBound) {
  RetryLoop loop = Loop();
  for (const auto expected : {25, 50, 100, 200, 400, 500, 500}) {
    EXPECT_EQ(loop.DelayAfter(unavailable_, begin_), milliseconds(expected));
  }
  EXPECT_EQ(loop.attempts(), 8);
}

TEST_F(RetryLoopTest, WaitsAsLongAsTheServerAsks) {
  RetryLoop loop = Loop();
  EXPECT_EQ(loop.DelayAfter(
                Failure(ErrorCode::kResourceExhausted, "", seconds(3)), begin_),
            seconds(3));
}

TEST_F(RetryLoopTest, NeverPassesTheDeadline) {
  RetryLoop loop = Loop();
  const Error full = Failure(ErrorCode::kResourceExhausted, "", seconds(3));
  EXPECT_TRUE(loop.DelayAfter(full, begin_ + seconds(6)).has_value());
  EXPECT_FALSE(loop.DelayAfter(full, begin_ + seconds(7)).has_value());
  EXPECT_EQ(loop.attempts(), 2);
  EXPECT_FALSE(loop.DelayAfter(unavailable_, begin_ + seconds(11)).has_value());
}

TEST_F(RetryLoopTest, GivesUpAfterTheLastTry) {
  limits_.retry.max_attempts = 3;
  RetryLoop loop = Loop();
  EXPECT_TRUE(loop.DelayAfter(unavailable_, begin_).has_value());
  EXPECT_TRUE(loop.DelayAfter(unavailable_, begin_).has_value());
  EXPECT_FALSE(loop.DelayAfter(unavailable_, begin_).has_value());
}

TEST_F(RetryLoopTest, DoesNotCountTriesThatFoundNoConnection) {
  limits_.retry.max_attempts = 3;
  RetryBudget empty(1);
  EXPECT_TRUE(empty.Take());
  RetryLoop loop(limits_, empty, jitter_, begin_);
  const Error absent = Failure(ErrorCode::kDeadlineExceeded, "NOT_CONNECTED");
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(loop.DelayAfter(absent, begin_).has_value()) << i;
  }
  EXPECT_EQ(loop.attempts(), 51);
  // The first that reached a server takes from the budget, which is empty.
  EXPECT_FALSE(loop.DelayAfter(unavailable_, begin_).has_value());

  limits_.retry.max_attempts = 1;
  EXPECT_FALSE(Loop().DelayAfter(absent, begin_).has_value());
}

TEST_F(RetryLoopTest, CutsTheTryThatReachesTheDeadline) {
  const RetryLoop loop = Loop();
  EXPECT_EQ(loop.AttemptTimeout(begin_), seconds(2));
  EXPECT_EQ(loop.AttemptTimeout(begin_ + seconds(9)), seconds(1));
  EXPECT_EQ(loop.AttemptTimeout(begin_ + seconds(12)), milliseconds(1));
}

TEST_F(RetryLoopTest, StopsWhenAllCallsTogetherHaveFailedTooOften) {
  RetryBudget budget(2);
  RetryLoop loop(limits_, budget, jitter_, begin_);
  RetryLoop other(limits_, budget, jitter_, begin_);
  EXPECT_TRUE(loop.DelayAfter(unavailable_, begin_).has_value());
  EXPECT_TRUE(other.DelayAfter(unavailable_, begin_).has_value());
  EXPECT_FALSE(loop.DelayAfter(unavailable_, begin_).has_value());
  for (int i = 0; i < 10; ++i) budget.Succeeded();
  EXPECT_TRUE(other.DelayAfter(unavailable_, begin_).has_value());
}

TEST(RetryBudget, DoesNotGrowAboveItsBegin) {
  RetryBudget budget(1);
  for (int i = 0; i < 100; ++i) budget.Succeeded();
  EXPECT_TRUE(budget.Take());
  EXPECT_FALSE(budget.Take());
}

}  // namespace
}  // namespace segrid::internal
