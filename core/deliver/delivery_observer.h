// Who wants to hear what delivery does, for people.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "core/deliver/source_status.h"

namespace segrid::deliver {

// A source's state is another one now. Nothing in it is event data, or of an
// answer's body.
struct StateChange {
  std::string source{};
  SourceState from = SourceState::kRunning;
  SourceState to = SourceState::kRunning;
  std::string detail{};  // As the status shows it; empty for kRunning.
  // `to` is kRunning: since when it was not, and the messages that are pending.
  absl::Duration lasted{};
  std::int64_t pending = 0;
};

// Told by the sources, in the threads of the executor and of the queue, also
// several at a time. Must not block, and must not call the Deliverer.
class DeliveryObserver {
 public:
  virtual ~DeliveryObserver() = default;

  virtual void OnStateChange(const StateChange& change) = 0;

  // Messages became dead letters, for one reason of dead_letter.h.
  virtual void OnGivenUp(std::string_view source, std::string_view reason,
                         std::int64_t messages) = 0;

  // A receiver did not keep values as they are, for one reason of its list.
  virtual void OnValuesChanged(std::string_view source, std::string_view reason,
                               std::int64_t values) = 0;

  // The receiver takes what is not compressed, and nothing else: the source
  // does not compress until it is made anew.
  virtual void OnCompressionOff(std::string_view source) = 0;
};

}  // namespace segrid::deliver
