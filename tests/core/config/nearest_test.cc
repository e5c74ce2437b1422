#include "core/config/nearest.h"

#include <array>
#include <string>

#include "gtest/gtest.h"

namespace segrid::config {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"region", "receiver",
                                                    "events", "gzip"};

TEST(Nearest, FindsTheNameThatWasMeant) {
  const struct {
    std::string typed;
    std::string want;
  } kCases[] = {
      {"region", "region"},
      {"regin", "region"},
      {"rgeion", "region"},
      {"regionn", "region"},
      {"recievers", "receiver"},
      {"event", "events"},
      {"gizp", "gzip"},
      {"gzip_", "gzip"},
      {"zebra", ""},
      {"", ""},
      {"re", ""},
      {std::string(100, 'e'), ""},
  };
  for (const auto& [typed, want] : kCases) {
    EXPECT_EQ(Nearest(typed, kNames), want) << typed;
  }
}

TEST(Suggest, ListsTheNamesWhenNoneIsNear) {
  EXPECT_EQ(Suggest("regin", kNames), "did you mean 'region'?");
  EXPECT_EQ(Suggest("zebra", kNames),
            "known are: region, receiver, events, gzip");
}

}  // namespace
}  // namespace segrid::config
