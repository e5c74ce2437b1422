// Random operations and restarts on the durable store, compared with the model.

#include <cstdlib>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "tests/contract/queue_model_run.h"
#include "tests/core/queue/rocksdb/rocks_store.h"

namespace segrid::queue {
namespace {

// SEGRID_SEED repeats a run.
std::uint32_t FirstSeed() {
  const char* const seed = std::getenv("SEGRID_SEED");
  return seed == nullptr
             ? std::random_device{}()
             : static_cast<std::uint32_t>(std::strtoul(seed, nullptr, 10));
}

TEST(RocksQueueModel, RandomOperationsAndRestartsGiveWhatTheModelGives) {
  const std::uint32_t first_seed = FirstSeed();
  for (std::uint32_t seed = first_seed; seed < first_seed + 20; ++seed) {
    SCOPED_TRACE(::testing::Message() << "SEGRID_SEED=" << seed);
    RocksStore store;
    std::mt19937 random(seed);
    QueueModelRun run(store.queue(), store.clock, seed);
    for (int step = 0; step < 250 && !HasFailure(); ++step) {
      run.Step();
      if (random() % 40 != 0) continue;
      store.Reopen();
      run.Restart(store.queue());
    }
    ASSERT_FALSE(HasFailure()) << "SEGRID_SEED=" << seed;
  }
}

}  // namespace
}  // namespace segrid::queue
