#include "core/config/quantity.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace segrid::config {
namespace {

TEST(Duration, IsReadWithItsUnit) {
  const struct {
    std::string text;
    absl::Duration want;
  } kCases[] = {
      {"250ms", absl::Milliseconds(250)}, {"0s", absl::ZeroDuration()},
      {"50s", absl::Seconds(50)},         {"1.5h", absl::Minutes(90)},
      {"20h", absl::Hours(20)},           {"1h30m", absl::Minutes(90)},
      {"400d", absl::Hours(9600)},        {"1d12h", absl::Hours(36)},
      {"1.5ms", absl::Milliseconds(1)},   {"0.1s", absl::Milliseconds(100)},
  };
  for (const auto& [text, want] : kCases) {
    const auto got = ParseDuration(text);
    ASSERT_TRUE(got.ok()) << text << got.status();
    EXPECT_EQ(*got, want) << text;
  }
}

TEST(Duration, IsRefusedInOtherForms) {
  for (const std::string text :
       {"",       "0",   "20",   "1h30", "s",
        "-1s",    "+1s", "1 s",  " 1s",  "1s ",
        "1w",     "1S",  "1.s",  ".5s",  "1..5s",
        "1.2.3s", "inf", "1e3s", "0x1s", "1234567890123456s"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(Duration, IsWrittenAsItIsRead) {
  for (const std::string text : {"0s", "1ms", "1.5s", "20s", "24h", "1h1m1s"}) {
    EXPECT_EQ(DurationText(*ParseDuration(text)), text);
  }
}

TEST(Size, IsReadWithItsUnit) {
  const struct {
    std::string text;
    std::int64_t want;
  } kCases[] = {
      {"0B", 0},
      {"17B", 17},
      {"500KB", 500'000},
      {"2MB", 2'000'000},
      {"3GB", 3'000'000'000},
      {"1TB", 1'000'000'000'000},
      {"1KiB", 1024},
      {"4MiB", 4 << 20},
      {"1.5GiB", std::int64_t{3} << 29},
      {"10GiB", std::int64_t{10} << 30},
      {"1TiB", std::int64_t{1} << 40},
  };
  for (const auto& [text, want] : kCases) {
    const auto got = ParseSize(text);
    ASSERT_TRUE(got.ok()) << text << got.status();
    EXPECT_EQ(*got, want) << text;
  }
}

TEST(Size, IsRefusedInOtherForms) {
  for (const std::string text :
       {"", "0", "128", "MiB", "-1B", "1 MiB", "1mib", "1M", "1G", "1MiB1KiB",
        "1PiB", "9001TB", "1e3B", "1.B", "99999999999999999999B"}) {
    EXPECT_FALSE(ParseSize(text).ok()) << text;
  }
}

TEST(Size, IsWrittenAsItIsRead) {
  for (const std::string text :
       {"0B", "1B", "1023B", "1KiB", "1025B", "4MiB", "1000B", "1024TiB"}) {
    EXPECT_EQ(SizeText(*ParseSize(text)), text);
  }
}

}  // namespace
}  // namespace segrid::config
