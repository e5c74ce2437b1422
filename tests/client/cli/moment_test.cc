#include "client/cli/moment.h"

#include <gtest/gtest.h>

namespace segrid::cli {
namespace {

TEST(Moment, IsReadInEveryForm) {
  const absl::Time now = absl::FromUnixSeconds(1'781'000'000);
  const absl::Time day = absl::FromUnixSeconds(1'780'963'200);  // 2026-06-09
  const struct {
    const char* text;
    absl::Time moment;
  } kCases[] = {
      {"1h", now - absl::Hours(1)},
      {"1h30m", now - absl::Minutes(90)},
      {"250ms", now - absl::Milliseconds(250)},
      {"0s", now},
      {"2026-06-09", day},
      {"2026-06-09T00:00:00Z", day},
      {"2026-06-09T02:00:00+02:00", day},
      {"2026-06-09T00:00:00.25Z", day + absl::Milliseconds(250)},
      {"2026-06-09T00:00:00.000000001Z", day + absl::Nanoseconds(1)},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(ParseMoment(test.text, now), test.moment) << test.text;
  }
  for (const char* text : {"", "yesterday", "2026-06", "2026-13-01", "-1h",
                           "2026-06-09 18:19", "10000-01-01", "1"}) {
    EXPECT_EQ(ParseMoment(text, now), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace segrid::cli
