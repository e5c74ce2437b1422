#include "server/app/memory_trimmer.h"

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "core/base/process.h"
#include "gtest/gtest.h"

namespace segrid::app {
namespace {

constexpr std::int64_t kMib = 1 << 20;

// A process whose memory the test sets.
class MemoryTrimmerTest : public ::testing::Test {
 protected:
  void Pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      now_ += absl::Seconds(1);
      trimmer_.TrimIfDue(now_);
    }
  }

  std::int64_t used_ = 36 * kMib;
  std::int64_t resident_ = 36 * kMib;
  int trims_ = 0;
  absl::Duration now_ = absl::Seconds(1'000);
  MemoryTrimmer trimmer_{{[this] { return resident_; },
                          [this] {
                            ++trims_;
                            resident_ = used_;
                          }}};
};

TEST_F(MemoryTrimmerTest, LeavesAQuietProcessAlone) {
  Pass(60);
  resident_ += 10 * kMib;
  Pass(60);
  EXPECT_EQ(trims_, 0);
}

TEST_F(MemoryTrimmerTest, GivesBackAPeakWithinSeconds) {
  Pass(5);
  resident_ = 1'957 * kMib;
  Pass(6);
  EXPECT_EQ(trims_, 1);
  EXPECT_EQ(resident_, used_);
}

TEST_F(MemoryTrimmerTest, KnowsAPeakOfTheFirstSecond) {
  resident_ = 228 * kMib;
  Pass(1);
  EXPECT_EQ(resident_, used_);
}

// While the memory is in use there is nothing to give back; when it is free, it
// goes within a minute.
TEST_F(MemoryTrimmerTest, TriesSeldomWhileTheMemoryIsInUse) {
  Pass(5);
  used_ = resident_ = 800 * kMib;
  Pass(300);
  EXPECT_GE(trims_, 9);
  EXPECT_LE(trims_, 15);
  used_ = 40 * kMib;
  Pass(31);
  EXPECT_EQ(resident_, used_);
}

TEST(ProcessMemory, GivesBackWhatOtherThreadsHaveFreed) {
  base::TuneAllocator();
  bool dropped = false;
  const MemoryTrimmer::Deps memory = ProcessMemory([&] { dropped = true; });
  const std::int64_t before = memory.resident_bytes();
  // One after the other, so that the heap of their arena ends with free memory.
  std::thread([] {
    std::vector<std::string> blocks;
    for (int i = 0; i < 60; ++i) blocks.emplace_back(kMib, 'x');
  }).join();
  ASSERT_GT(memory.resident_bytes(), before + 40 * kMib);
  memory.trim();
  EXPECT_TRUE(dropped);
  EXPECT_LT(memory.resident_bytes(), before + 10 * kMib);
}

TEST(ProcessMemory, SaysWhatIsResident) {
  const MemoryTrimmer::Deps memory = ProcessMemory();
  EXPECT_GT(memory.resident_bytes(), kMib);
  memory.trim();
  EXPECT_GT(memory.resident_bytes(), kMib);
}

}  // namespace
}  // namespace segrid::app
