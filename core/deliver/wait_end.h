// When a wait for messages to be settled ends early.

#pragma once

#include <stop_token>
#include <utility>

#include "absl/time/time.h"

namespace segrid::deliver {

// At `deadline`, with what is still pending; when somebody asks `stop` for it,
// at once, with CANCELLED/CALL_ENDED. A value.
struct WaitEnd {
  // A deadline alone is the usual case.
  WaitEnd(absl::Time at, std::stop_token by = {})  // NOLINT(*-explicit-*)
      : deadline(at), stop(std::move(by)) {}

  absl::Time deadline;
  std::stop_token stop;
};

}  // namespace segrid::deliver
