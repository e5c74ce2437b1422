#include "core/deliver/batch_size_limit.h"

#include "gtest/gtest.h"

namespace segrid::deliver {
namespace {

TEST(BatchSizeLimit, IsTheReceiversWithoutA413) {
  EXPECT_EQ(BatchSizeLimit(1'000).At(absl::Hours(9)), 1'000);
}

TEST(BatchSizeLimit, IsTheLargestTakenAndDoublesEachFiveMinutes) {
  const absl::Duration start = absl::Hours(9);
  BatchSizeLimit limit(1'000);
  limit.OnTooLarge(start);
  limit.OnLargestTaken(125);
  EXPECT_EQ(limit.At(start), 125);
  EXPECT_EQ(limit.At(start + absl::Minutes(5) - absl::Nanoseconds(1)), 125);
  EXPECT_EQ(limit.At(start + absl::Minutes(5)), 250);
  EXPECT_EQ(limit.At(start + absl::Minutes(10)), 500);
  EXPECT_EQ(limit.At(start + absl::Minutes(15)), 1'000);
  EXPECT_EQ(limit.At(start + absl::Hours(900)), 1'000);
}

TEST(BatchSizeLimit, AnotherOneBeginsTheTimeAnew) {
  const absl::Duration start = absl::Hours(9);
  BatchSizeLimit limit(1'000);
  limit.OnTooLarge(start);
  limit.OnLargestTaken(100);
  limit.OnTooLarge(start + absl::Minutes(7));
  EXPECT_EQ(limit.At(start + absl::Minutes(11)), 200);
  EXPECT_EQ(limit.At(start + absl::Minutes(12)), 400);
}

}  // namespace
}  // namespace segrid::deliver
