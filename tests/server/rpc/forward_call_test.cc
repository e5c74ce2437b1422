#include "server/rpc/forward_call.h"

#include "gtest/gtest.h"

namespace segrid::rpc {
namespace {

TEST(AnswerTime, LeavesTimeForTheAnswer) {
  const absl::Time now = absl::FromUnixSeconds(1'000);
  struct Row {
    absl::Duration left;
    absl::Duration margin;
  };
  const Row rows[] = {
      {absl::Seconds(60), absl::Milliseconds(100)},
      {absl::Seconds(1), absl::Milliseconds(100)},
      {absl::Milliseconds(50), absl::Milliseconds(5)},
      {absl::ZeroDuration(), absl::ZeroDuration()},
      {absl::Seconds(-3), absl::ZeroDuration()},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(AnswerTime(now + row.left, now), now + row.left - row.margin);
  }
}

TEST(AnswerTime, IsNeverWithoutADeadline) {
  EXPECT_EQ(AnswerTime(absl::InfiniteFuture(), absl::UnixEpoch()),
            absl::InfiniteFuture());
}

}  // namespace
}  // namespace segrid::rpc
