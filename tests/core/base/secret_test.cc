#include "core/base/secret.h"

#include <sstream>

#include "gtest/gtest.h"

namespace segrid::base {
namespace {

TEST(Secret, PrintsAsterisks) {
  const Secret secret("hunter2");
  std::ostringstream out;
  out << secret;
  EXPECT_EQ(out.str(), "***");
  // Not even a failed test shows it.
  EXPECT_EQ(::testing::PrintToString(secret), "***");
}

TEST(Secret, AnEmptyOnePrintsNothing) {
  std::ostringstream out;
  out << Secret();
  EXPECT_EQ(out.str(), "");
  EXPECT_TRUE(Secret().empty());
  EXPECT_FALSE(Secret("x").empty());
}

TEST(Secret, RevealsItsTextOnlyOnRequest) {
  EXPECT_EQ(Secret("hunter2").Reveal(), "hunter2");
}

TEST(Secret, ComparesItsText) {
  EXPECT_EQ(Secret("a"), Secret("a"));
  EXPECT_NE(Secret("a"), Secret("b"));
}

}  // namespace
}  // namespace segrid::base
