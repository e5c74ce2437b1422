// Where batches that receivers refuse were split.

#pragma once

#include <cstddef>
#include <set>
#include <vector>

#include "core/queue/queue.h"

namespace segrid::deliver {

// Parts of a split batch that go back to the queue would be lent together
// again. A receiver that asks for a wait after each refusal would then see the
// whole batch again and again, and the bad message in it would never be alone.
// So it is remembered where they were split. A point that is forgotten only
// costs posts. A value; not thread-safe.
class SplitPoints {
 public:
  // Points that are kept; of more, the lowest are forgotten.
  static constexpr std::size_t kMaxPoints = 4'096;

  bool empty() const { return firsts_.empty(); }
  void Clear() { firsts_.clear(); }

  // Messages of `part` are not to be sent with those around them.
  void Add(queue::Range part);

  // The places in `sequences`, ascending, before which they are to be split.
  // Forgets the points among them: what comes back is split anew.
  std::vector<std::size_t> Take(const std::vector<queue::Sequence>& sequences);

 private:
  std::set<queue::Sequence> firsts_;  // Behind each split.
};

}  // namespace segrid::deliver
