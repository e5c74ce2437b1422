#include "bench/stats/processor.h"

#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

constexpr char kInfo[] =
    "processor\t: 0\nmodel name\t: Some CPU 9000\n"
    "flags\t\t: fpu avx avx2 avx512f avx512bw sha_ni\n"
    "processor\t: 1\nmodel name\t: Some CPU 9000\n";

TEST(Processor, NamesTheInstructionsThatCount) {
  EXPECT_EQ(DescribeProcessor(kInfo, 2, {.sha_ni = true, .avx512 = true}),
            "Some CPU 9000, 2 cores, SHA-NI, AVX2, AVX-512");
  EXPECT_EQ(DescribeProcessor(kInfo, 1, {}),
            "Some CPU 9000, 1 core, SHA-NI switched off, AVX2, AVX-512 "
            "switched off");
  EXPECT_EQ(DescribeProcessor("model name: Old\nflags: fpu avx\n", 4, {}),
            "Old, 4 cores, no SHA-NI, no AVX2, no AVX-512");
  EXPECT_EQ(DescribeProcessor("", 1, {}),
            "unknown processor, 1 core, no SHA-NI, no AVX2, no AVX-512");
}

}  // namespace
}  // namespace segrid::bench
