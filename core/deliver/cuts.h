// Where batches that receivers refuse were cut.

#pragma once

#include <cstddef>
#include <set>
#include <vector>

#include "core/queue/queue.h"

namespace segrid::deliver {

// Parts of a split batch that go back to the queue would be lent together
// again. A receiver that asks for a wait after each refusal would then see the
// whole batch again and again, and the bad message in it would never be alone.
// So a lane remembers where it cut. Forgetting a cut only costs posts. A value;
// not thread-safe.
class Cuts {
 public:
  // Cuts that are kept; of more, the lowest are forgotten.
  static constexpr std::size_t kMaxCuts = 4'096;

  bool empty() const { return firsts_.empty(); }

  // Messages of `part` are not to be sent with those around them.
  void Add(queue::Range part);

  // The places in `sequences`, ascending, before which they are to be cut.
  // Forgets the cuts among them: what comes back is cut anew.
  std::vector<std::size_t> Take(const std::vector<queue::Sequence>& sequences);

 private:
  std::set<queue::Sequence> firsts_;  // Behind each cut.
};

}  // namespace segrid::deliver
