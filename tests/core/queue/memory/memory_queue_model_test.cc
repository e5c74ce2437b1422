#include <random>

#include "core/queue/memory/memory_queue.h"
#include "gtest/gtest.h"
#include "tests/contract/queue_model_run.h"

namespace segrid::queue {
namespace {

TEST(MemoryQueueModel, RandomOperationsGiveWhatTheModelGives) {
  const std::uint32_t first_seed = std::random_device{}();
  for (std::uint32_t seed = first_seed; seed < first_seed + 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    testing::FakeClock clock;
    memory::MemoryQueue queue({}, clock);
    QueueModelRun run(queue, clock, seed);
    for (int step = 0; step < 300 && !HasFailure(); ++step) run.Step();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace segrid::queue
