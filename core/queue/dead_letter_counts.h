// How many dead letters of a lane are kept, by reason.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/queue/stats.h"

namespace segrid::queue {

// Counts the kept dead letters of one lane. There are few reasons, so it stays
// small. Not thread-safe.
class DeadLetterCounts {
 public:
  // Counts one more, or one less, which was counted before.
  void Add(std::string_view reason);
  void Remove(std::string_view reason);

  // Those of one reason.
  std::int64_t Of(std::string_view reason) const;
  // Each reason that has any, in alphabetical order.
  std::vector<ReasonCount> All() const;

 private:
  std::map<std::string, std::int64_t, std::less<>> counts_;
};

}  // namespace segrid::queue
