#include "client/cli/progress_bar.h"

#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace segrid::cli {
namespace {

TEST(ProgressBar, WritesOneLineAgainAndAgain) {
  std::ostringstream out;
  {
    ProgressBar bar(out, 10'000, /*shown=*/true);
    bar.Show(4'000, 3'000, absl::Seconds(2));
    bar.Show(10'000, 9'000, absl::Seconds(3));
  }
  EXPECT_EQ(out.str(),
            "\r[########------------]  40 %  4,000 of 10,000 events  1,500/s"
            "\x1b[K"
            "\r[####################] 100 %  10,000 of 10,000 events  3,000/s"
            "\x1b[K\n");
}

TEST(ProgressBar, WritesNothingUnlessItIsShown) {
  std::ostringstream out;
  {
    ProgressBar(out, 10, /*shown=*/false).Show(5, 5, absl::Seconds(1));
    ProgressBar never_used(out, 10, /*shown=*/true);
  }
  EXPECT_EQ(out.str(), "");
}

TEST(ProgressBar, BearsEmptyTotals) {
  std::ostringstream out;
  ProgressBar(out, 0, /*shown=*/true).Show(0, 0, absl::ZeroDuration());
  EXPECT_NE(out.str().find("100 %  0 of 0 events"), std::string::npos);
}

TEST(WithCommas, GroupsThreeDigits) {
  EXPECT_EQ(WithCommas(0), "0");
  EXPECT_EQ(WithCommas(999), "999");
  EXPECT_EQ(WithCommas(1'000), "1,000");
  EXPECT_EQ(WithCommas(1'234'567), "1,234,567");
  EXPECT_EQ(WithCommas(-123), "-123");
  EXPECT_EQ(WithCommas(-1'234), "-1,234");
}

}  // namespace
}  // namespace segrid::cli
