// The log lines of traced gRPC calls.

#pragma once

#include "server/logging/log.h"
#include "server/rpc/call_log.h"

namespace segrid::app {

// A call that went well is a line of level debug, another one a warning: with
// the method, the code, the reason and the trace's id, nothing of the message.
// Thread safety: any thread. Ownership: keeps a reference to the log.
class TraceLog final : public rpc::CallLog {
 public:
  explicit TraceLog(logging::Log& log) : log_(log) {}

  bool wants(const absl::Status& answer) const override {
    return log_.writes(answer.ok() ? logging::Level::kDebug
                                   : logging::Level::kWarning);
  }
  void OnAnswered(std::string_view method, const absl::Status& answer,
                  const base::TraceParent& trace) override;

 private:
  logging::Log& log_;
};

}  // namespace segrid::app
