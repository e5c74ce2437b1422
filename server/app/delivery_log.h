// The log lines of deliveries.

#pragma once

#include "core/deliver/delivery_observer.h"
#include "core/pool/executor.h"
#include "server/logging/counted_lines.h"
#include "server/logging/log.h"

namespace segrid::app {

// A line for each change of a source's state, with the detail that the status
// shows; for messages that became dead letters one per source and reason in 10
// s, with their number; the same for values that a receiver changed, in an
// hour. Neither event data nor an answer's text.
//
// Ownership:     keeps references to the log and the executor.
// Thread safety: any thread. Blocking: as the log.
class DeliveryLog final : public deliver::DeliveryObserver {
 public:
  DeliveryLog(logging::Log& log, pool::Executor& executor);

  void OnStateChange(const deliver::StateChange& change) override;
  void OnGivenUp(std::string_view source, std::string_view reason,
                 std::int64_t messages) override;
  void OnValuesChanged(std::string_view source, std::string_view reason,
                       std::int64_t values) override;
  void OnCompressionOff(std::string_view source) override;

 private:
  logging::Log& log_;
  logging::CountedLines given_up_;
  logging::CountedLines changed_values_;
};

}  // namespace segrid::app
