// Releases the last reference to a channel where that is allowed.

#pragma once

#include <memory>

#include "client/internal/channel.h"

namespace segrid::internal {

// Marks this thread as running a callback of gRPC's. The last channel of a
// process must not end there: gRPC 1.51 then waits for the thread of its
// callbacks in that very thread, and aborts.
class CallbackScope {
 public:
  CallbackScope();
  ~CallbackScope();
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;
};

// Shares `channel`. It is deleted where the last reference ends, or, in a
// CallbackScope, by a thread of its own.
std::shared_ptr<const Channel> ShareChannel(Channel channel);

}  // namespace segrid::internal
