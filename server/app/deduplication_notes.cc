#include "server/app/deduplication_notes.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "core/config/quantity.h"
#include "core/queue/memory/dedup_window.h"
#include "core/queue/rocksdb/dedup_table.h"

namespace segrid::app {
namespace {

// Each id that the queue remembers takes at most so many.
std::int64_t BytesPerId(config::Queue::Store store) {
  return store == config::Queue::Store::kMemory
             ? queue::memory::DedupWindow::kBytesPerId
             : queue::rocksdb::DedupTable::kMaxBytesPerId;
}

}  // namespace

std::string DescribeDeduplication(const config::Config& config) {
  const config::Queue& queue = config.queue;
  const auto ids =
      static_cast<double>(queue.dedup_memory_bytes / BytesPerId(queue.store));
  const double per_second = ids / absl::ToDoubleSeconds(queue.dedup_window);
  return absl::StrFormat("%s of memory for ids last %s at %.0f events/s",
                         config::SizeText(queue.dedup_memory_bytes),
                         config::DurationText(queue.dedup_window), per_second);
}

}  // namespace segrid::app
