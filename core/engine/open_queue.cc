#include "core/engine/open_queue.h"

#include <string>
#include <string_view>
#include <utility>

#include "core/queue/memory/memory_queue.h"
#include "core/queue/rocksdb/rocks_queue.h"

namespace segrid::engine {
namespace {

// Sets the options that mean the same to every store.
template <typename Options>
void SetCommon(const config::Queue& from, Options& options) {
  options.max_dead_letter_age = from.max_dead_letter_age;
  options.dedup_window = from.dedup_window;
  options.dedup_memory_bytes = from.dedup_memory_bytes;
}

// Sizes for a queue that competes with the program for the machine's memory:
// the configuration's defaults are meant for disks.
queue::memory::MemoryOptions MemoryOptionsOf(const config::Queue& options) {
  const config::Queue defaults;
  queue::memory::MemoryOptions memory;
  if (options.max_bytes != defaults.max_bytes) {
    memory.max_bytes = memory.max_lane_bytes = options.max_bytes;
  }
  if (options.max_source_bytes != defaults.max_source_bytes) {
    memory.max_lane_bytes = options.max_source_bytes;
  }
  if (options.max_dead_letter_bytes != defaults.max_dead_letter_bytes) {
    memory.max_dead_letter_bytes = options.max_dead_letter_bytes;
  }
  SetCommon(options, memory);
  return memory;
}

queue::rocksdb::RocksOptions RocksOptionsOf(const config::Config& config) {
  const config::Queue& options = config.queue;
  queue::rocksdb::RocksOptions rocks;
  rocks.directory = QueueDirectory(config);
  rocks.max_bytes = options.max_bytes;
  rocks.max_lane_bytes = options.max_source_bytes;
  rocks.max_dead_letter_bytes = options.max_dead_letter_bytes;
  SetCommon(options, rocks);
  rocks.reserve_bytes = options.reserve_bytes;
  return rocks;
}

}  // namespace

std::string QueueDirectory(const config::Config& config) {
  return config.data_dir + "/queue";
}

absl::StatusOr<std::unique_ptr<queue::Queue>> OpenQueue(
    const config::Config& config, base::Clock& clock,
    std::function<void(std::string_view text)> on_warning) {
  if (config.queue.store == config::Queue::Store::kMemory) {
    return std::make_unique<queue::memory::MemoryQueue>(
        MemoryOptionsOf(config.queue), clock);
  }
  queue::rocksdb::RocksOptions options = RocksOptionsOf(config);
  options.on_warning = std::move(on_warning);
  return queue::rocksdb::RocksQueue::Open(std::move(options), clock);
}

}  // namespace segrid::engine
