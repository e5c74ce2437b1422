// Names whose answer is known without asking.

#include "core/base/localhost.h"

#include "gtest/gtest.h"

namespace segrid::base {
namespace {

TEST(IsLocalhost, KnowsTheNameAndThoseBelowIt) {
  for (const char* name : {"localhost", "LocalHost", "localhost.",
                           "a.localhost", "a.b.LOCALHOST."}) {
    EXPECT_TRUE(IsLocalhost(name)) << name;
  }
  for (const char* name : {"", ".", "host", "alocalhost", "localhost.example",
                           "local.host", "localhos", "127.0.0.1"}) {
    EXPECT_FALSE(IsLocalhost(name)) << name;
  }
}

TEST(IsInvalidName, KnowsTheNameAndThoseBelowIt) {
  EXPECT_TRUE(IsInvalidName("invalid"));
  EXPECT_TRUE(IsInvalidName("no-such-host.Invalid"));
  EXPECT_FALSE(IsInvalidName("invalid.example"));
  EXPECT_FALSE(IsInvalidName("notinvalid"));
}

}  // namespace
}  // namespace segrid::base
