#include "server/status_page/history.h"

#include "gtest/gtest.h"

namespace segrid::status_page {
namespace {

TEST(History, KeepsTheDifferencesOfAnHour) {
  Totals now;
  const auto history = std::make_shared<History>([&now] { return now; });
  history->Take();
  EXPECT_TRUE(history->Steps().empty());
  now = {10, 7, 2, 1, 6, 3};
  history->Take();
  now.received = 25;
  now.delivered = 5;  // Books that were made anew.
  history->Take();
  const auto steps = history->Steps();
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].received, 10);
  EXPECT_EQ(steps[0].tracks, 7);
  EXPECT_EQ(steps[0].skipped, 2);
  EXPECT_EQ(steps[0].rejected, 1);
  EXPECT_EQ(steps[0].delivered, 6);
  EXPECT_EQ(steps[0].failed_attempts, 3);
  EXPECT_EQ(steps[1].received, 15);
  EXPECT_EQ(steps[1].delivered, 0);
}

TEST(History, ForgetsWhatIsOlder) {
  Totals now;
  const auto history = std::make_shared<History>([&now] { return now; });
  history->Take();
  for (std::size_t i = 1; i <= History::kSteps + 5; ++i) {
    now.tracks += static_cast<std::int64_t>(i);
    history->Take();
  }
  const auto steps = history->Steps();
  ASSERT_EQ(steps.size(), History::kSteps);
  EXPECT_EQ(steps.front().tracks, 6);
  EXPECT_EQ(steps.back().tracks,
            static_cast<std::int64_t>(History::kSteps) + 5);
}

}  // namespace
}  // namespace segrid::status_page
