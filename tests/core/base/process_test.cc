#include "core/base/process.h"

#include <malloc.h>
#include <sys/resource.h>

#include <cstdlib>

#include "gtest/gtest.h"

namespace segrid::base {
namespace {

constexpr std::size_t kBytes = 8 << 20;

// How many blocks malloc has mapped for itself alone.
std::size_t MappedBlocks() { return ::mallinfo2().hblks; }

TEST(Process, TakesLargeBlocksFromTheHeapOnceItIsTuned) {
  void* volatile const mapped = std::malloc(kBytes);
  EXPECT_GE(MappedBlocks(), 1u) << "the test would show nothing";
  std::free(mapped);
  TuneProcess();
  const std::size_t before = MappedBlocks();
  void* volatile const block = std::malloc(kBytes);
  EXPECT_EQ(MappedBlocks(), before);
  std::free(block);
}

TEST(Process, MayHaveAsManyDescriptorsAsTheSystemAllows) {
  TuneProcess();
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  EXPECT_EQ(files.rlim_cur, files.rlim_max);
}

}  // namespace
}  // namespace segrid::base
