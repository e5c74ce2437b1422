#include "core/base/cpu_features.h"

#include <cstdlib>

#include "gtest/gtest.h"

namespace segrid::base {
namespace {

TEST(CpuFeatures, LeavesOutThoseThatAreNamed) {
  struct Case {
    const char* names;
    bool sha_ni;
    bool avx512;
  };
  constexpr Case kCases[] = {{"", true, true},
                             {"sha_ni", false, true},
                             {"avx512", true, false},
                             {"sha_ni,avx512", false, false},
                             {"sha", true, true}};
  for (const Case& each : kCases) {
    const CpuFeatures left =
        Without({.sha_ni = true, .avx512 = true}, each.names);
    EXPECT_EQ(left.sha_ni, each.sha_ni) << each.names;
    EXPECT_EQ(left.avx512, each.avx512) << each.names;
  }
}

TEST(CpuFeatures, FollowTheVariableOfTheProcess) {
  ASSERT_EQ(::setenv("SEGRID_CPU_WITHOUT", "sha_ni,avx512", 1), 0);
  EXPECT_FALSE(GetCpuFeatures().sha_ni);
  EXPECT_FALSE(GetCpuFeatures().avx512);
}

}  // namespace
}  // namespace segrid::base
