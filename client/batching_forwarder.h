// Forward for services that emit single events: collects them in memory and
// sends them in batches.
//
//   segrid::BatchingForwarder forwarder(client, {.on_outcome = Note});
//   if (auto error = forwarder.Add(event)) Complain(*error);   // Many threads.
//   …
//   forwarder.Shutdown(std::chrono::seconds(10));

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "client/batching_options.h"
#include "client/client.h"

namespace segrid {

// Collects events and forwards them. Nothing is dropped silently: each event is
// refused by Add() or has one outcome. What is buffered lives in memory only:
// it is lost when the process is killed.
//
// Ownership:     shares the client's connection, owns its threads.
// Thread safety: every method may be called from any thread at any time;
//                Shutdown() and the destructor by one.
// Blocking:      Add() with WhenFull::kBlock, Flush() and Shutdown().
class BatchingForwarder {
 public:
  // Bad options are told by every Add(): `BAD_OPTION`. Check them before with
  // Validate().
  explicit BatchingForwarder(Client client, BatchingOptions options = {});
  // Shutdown(options.shutdown_timeout).
  ~BatchingForwarder();
  BatchingForwarder(const BatchingForwarder&) = delete;
  BatchingForwarder& operator=(const BatchingForwarder&) = delete;

  // Adds an event; `id` comes back in its outcome. Nullopt: it was added.
  // RESOURCE_EXHAUSTED, `BUFFER_FULL`: there is no room (WhenFull::kFail).
  // INVALID_ARGUMENT, `EVENT_TOO_LARGE`: it is over `max_batch_bytes`.
  // FAILED_PRECONDITION, `SHUT_DOWN`: Shutdown() was called.
  // FAILED_PRECONDITION, `FORKED`: this is a child of the process that made the
  // forwarder. Whatever was buffered is the parent's; Flush() and Shutdown()
  // give false at once, stats() are zero.
  std::optional<Error> Add(v1::SendGridEvent event, std::uint64_t id = 0);

  // Sends what was added so far at once and waits for its outcomes. False when
  // `timeout` was over first. nanoseconds::max() is as long as it takes.
  bool Flush(std::chrono::nanoseconds timeout);

  // Refuses new events, sends what is left and waits for its outcomes. When
  // `timeout` is over, what is left fails with CANCELLED, `SHUT_DOWN`. True
  // when nothing failed for that reason. Further calls only say that again.
  bool Shutdown(std::chrono::nanoseconds timeout);

  BatchingStats stats() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace segrid
