#include "server/app/deduplication_notes.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "core/config/quantity.h"

namespace segrid::app {
namespace {

// Of each id that the queue remembers, at most; see DedupTable.
constexpr double kBytesPerId = 32;

}  // namespace

std::string DescribeDeduplication(const config::Config& config) {
  const config::Queue& queue = config.queue;
  const auto ids = static_cast<double>(queue.dedup_memory_bytes) / kBytesPerId;
  const double per_second = ids / absl::ToDoubleSeconds(queue.dedup_window);
  return absl::StrFormat("%s of memory for ids last %s at %.0f events/s",
                         config::SizeText(queue.dedup_memory_bytes),
                         config::DurationText(queue.dedup_window), per_second);
}

}  // namespace segrid::app
