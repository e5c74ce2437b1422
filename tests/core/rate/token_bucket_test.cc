#include "core/rate/token_bucket.h"

#include "gtest/gtest.h"

namespace segrid::rate {
namespace {

constexpr absl::Duration kZero = absl::ZeroDuration();

// How many tokens can be taken at `now`.
int TakeAll(TokenBucket& bucket, absl::Duration now) {
  int taken = 0;
  for (; bucket.WaitFor(now) == kZero; ++taken) bucket.Take();
  return taken;
}

TEST(TokenBucket, StartsFullAndHoldsNoMoreThanItsBurst) {
  TokenBucket bucket(50, 5);
  EXPECT_EQ(TakeAll(bucket, absl::Hours(1)), 5);
  EXPECT_EQ(TakeAll(bucket, absl::Hours(2)), 5);
}

TEST(TokenBucket, RefillsAtItsRate) {
  TokenBucket bucket(50, 5);
  TakeAll(bucket, absl::Seconds(10));
  EXPECT_EQ(TakeAll(bucket, absl::Seconds(10) + absl::Milliseconds(40)), 2);
}

TEST(TokenBucket, AfterTheWaitATokenIsThere) {
  for (const double rate : {0.1, 1.0, 3.0, 50.0, 999.0}) {
    TokenBucket bucket(rate, 1);
    absl::Duration now = absl::Seconds(7);
    EXPECT_EQ(TakeAll(bucket, now), 1) << rate;
    for (int i = 0; i < 100; ++i) {
      const absl::Duration wait = bucket.WaitFor(now);
      EXPECT_GT(wait, kZero) << rate;
      now += wait;
      EXPECT_EQ(TakeAll(bucket, now), 1) << rate;
    }
    EXPECT_NEAR(absl::ToDoubleSeconds(now - absl::Seconds(7)), 100 / rate,
                0.01 / rate)
        << rate;
  }
}

TEST(TokenBucket, AReturnedTokenCanBeTakenAgain) {
  TokenBucket bucket(1, 1);
  TakeAll(bucket, absl::Seconds(1));
  bucket.Return();
  EXPECT_EQ(TakeAll(bucket, absl::Seconds(1)), 1);
}

TEST(TokenBucket, WhatIsOwedIsPaidBackBeforeTheNext) {
  TokenBucket bucket(100, 1);
  EXPECT_EQ(bucket.WaitFor(absl::Seconds(1)), kZero);
  bucket.Take(250);
  const absl::Duration wait = bucket.WaitFor(absl::Seconds(1));
  EXPECT_NEAR(absl::ToDoubleSeconds(wait), 2.5, 0.001);
  EXPECT_GT(bucket.WaitFor(absl::Seconds(3.4)), kZero);
  EXPECT_EQ(bucket.WaitFor(absl::Seconds(1) + wait), kZero);
}

TEST(TokenBucket, TimeThatGoesBackGivesNothing) {
  TokenBucket bucket(1, 1);
  TakeAll(bucket, absl::Seconds(100));
  EXPECT_EQ(TakeAll(bucket, absl::Seconds(50)), 0);
  EXPECT_EQ(TakeAll(bucket, absl::Seconds(100.5)), 0);
}

}  // namespace
}  // namespace segrid::rate
