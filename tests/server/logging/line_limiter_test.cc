#include "server/logging/line_limiter.h"

#include "gtest/gtest.h"

namespace segrid::logging {
namespace {

const LineLimiter::Options kTwoPerSecond = {
    .max_lines = 2, .window = absl::Seconds(1), .max_messages = 2};

TEST(LineLimiter, DropsWhatIsTooMuchAndCountsIt) {
  LineLimiter limiter(kTwoPerSecond);
  EXPECT_EQ(limiter.Admit("m", absl::Seconds(5)), 0);
  EXPECT_EQ(limiter.Admit("m", absl::Seconds(5)), 0);
  EXPECT_EQ(limiter.Admit("m", absl::Seconds(5)), std::nullopt);
  EXPECT_EQ(limiter.Admit("m", absl::Seconds(5.9)), std::nullopt);
  EXPECT_EQ(limiter.Admit("m", absl::Seconds(6)), 2);
  EXPECT_EQ(limiter.Admit("m", absl::Seconds(6)), 0);
  EXPECT_EQ(limiter.Admit("m", absl::Seconds(6)), std::nullopt);
}

TEST(LineLimiter, TellsMessagesApart) {
  LineLimiter limiter(kTwoPerSecond);
  limiter.Admit("a", absl::ZeroDuration());
  limiter.Admit("a", absl::ZeroDuration());
  EXPECT_EQ(limiter.Admit("a", absl::ZeroDuration()), std::nullopt);
  EXPECT_EQ(limiter.Admit("b", absl::ZeroDuration()), 0);
}

TEST(LineLimiter, BoundsTheMessagesItKnows) {
  LineLimiter limiter(kTwoPerSecond);
  limiter.Admit("a", absl::ZeroDuration());
  limiter.Admit("b", absl::ZeroDuration());
  // All further ones share a limit.
  EXPECT_EQ(limiter.Admit("c", absl::ZeroDuration()), 0);
  EXPECT_EQ(limiter.Admit("d", absl::ZeroDuration()), 0);
  EXPECT_EQ(limiter.Admit("e", absl::ZeroDuration()), std::nullopt);
}

}  // namespace
}  // namespace segrid::logging
