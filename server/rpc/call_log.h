// Who writes down the calls that are traced.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "core/base/trace_parent.h"

namespace segrid::rpc {

// Told of traced calls when they are answered; of streams when they begin.
// Thread safety: any thread. Blocking: must not.
class CallLog {
 public:
  virtual ~CallLog() = default;

  // Asked first, because looking for the trace is not free.
  virtual bool wants(const absl::Status& answer) const = 0;
  // `method` is the method's name alone.
  virtual void OnAnswered(std::string_view method, const absl::Status& answer,
                          const base::TraceParent& trace) = 0;
};

}  // namespace segrid::rpc
