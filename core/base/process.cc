#include "core/base/process.h"

#include <malloc.h>
#include <sys/resource.h>

#include <cstddef>
#include <cstdlib>
#include <latch>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"

namespace segrid::base {
namespace {

// As many as threads that compute at a time on a machine of usual size; more
// threads share them.
constexpr int kMaxArenas = 4;
// The top of a heap that is free and larger is given back at once.
constexpr int kTrimThreshold = 64 << 20;
// The same while all is to be given back.
constexpr int kLeastTrimThreshold = 256 << 10;
// To free one of so many bytes has an arena look at its top.
constexpr std::size_t kLargeBytes = 128 << 10;

}  // namespace

void TuneProcess() {
  TuneAllocator();
  RelaxLocks();
  RaiseDescriptorLimit();
}

void TuneAllocator() {
  // Above the largest response. Memory between calls stays bounded: a heap is
  // given back when its top is free for more than the second threshold.
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, kTrimThreshold);
  // Each arena keeps a peak of its own, and the default is eight per core.
  ::mallopt(M_ARENA_MAX, kMaxArenas);
}

void RelaxLocks() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

void RaiseDescriptorLimit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

void GiveBackFreeMemory() {
  ::malloc_trim(0);
  // It leaves the tops of all arenas but the first. Threads that live at the
  // same time are spread over the arenas.
  ::mallopt(M_TRIM_THRESHOLD, kLeastTrimThreshold);
  constexpr int kThreads = 2 * kMaxArenas;
  std::latch all_live(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&all_live] {
      void* volatile const block = std::malloc(kLargeBytes);
      all_live.arrive_and_wait();
      std::free(block);
    });
  }
  for (std::thread& thread : threads) thread.join();
  ::mallopt(M_TRIM_THRESHOLD, kTrimThreshold);
}

}  // namespace segrid::base
