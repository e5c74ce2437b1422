#include "bench/suite/affinity.h"

#include <sched.h>

#include "bench/suite/child_process.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::bench {
namespace {

int CoresOf(int pid) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  sched_getaffinity(pid, sizeof(cores), &cores);
  return CPU_COUNT(&cores);
}

TEST(PinProcess, ChoosesTheCoresAndGivesThemBack) {
  const tests::ScratchDir directory;
  auto child = ChildProcess::Start({"sleep", "1000"}, directory.Path("log"));
  ASSERT_TRUE(child.ok()) << child.status();
  EXPECT_TRUE(PinProcess(child->pid(), 1).ok());
  EXPECT_EQ(CoresOf(child->pid()), 1);
  EXPECT_TRUE(PinProcess(child->pid(), AvailableCores()).ok());
  EXPECT_EQ(CoresOf(child->pid()), AvailableCores());
}

TEST(PinProcess, SaysThatThereIsNoSuchProcess) {
  EXPECT_EQ(PinProcess(0x7fffffff, 1).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace segrid::bench
