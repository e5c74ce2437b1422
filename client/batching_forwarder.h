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
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/client.h"

namespace segrid {

// What became of an event that was added.
struct EventOutcome {
  enum class Kind {
    kAccepted,  // The server has it for good, for one source at least.
    kSkipped,   // It is not meant to become a Track; `issues` say why.
    kRejected,  // It cannot become a Track; `issues` say why.
    kFailed,    // It may be lost: `error` says why. Adding it again is safe.
  };
  Kind kind = Kind::kFailed;

  // As given to Add().
  std::uint64_t id = 0;
  const v1::SendGridEvent* event = nullptr;  // Valid during the call only.

  // What the server said about it; with several sources also when one of them
  // has accepted it.
  std::vector<v1::EventIssue> issues{};

  // kFailed only.
  std::optional<Error> error{};
};

// How a forwarder is doing. Always added = accepted + skipped + rejected +
// failed + buffered.
struct BatchingStats {
  std::int64_t added_count = 0;
  std::int64_t accepted_count = 0;
  std::int64_t skipped_count = 0;
  std::int64_t rejected_count = 0;
  std::int64_t failed_count = 0;
  std::int64_t refused_count = 0;   // By Add(), with an error; not added.
  std::int64_t buffered_count = 0;  // Waiting or on their way.
  std::int64_t buffered_bytes = 0;
  std::int64_t batch_count = 0;  // Calls to the server that have ended.
};

// What to do with an event when the buffer is full.
enum class WhenFull {
  kBlock,  // Add() waits for room.
  kFail,   // Add() gives an error at once.
};

struct BatchingOptions {
  // The sources that get the events. Empty: all of the server.
  std::vector<std::string> sources{};

  // A batch is sent as soon as it has so many events or bytes, or its first
  // event is so old. Range: 1 to 10,000 events, 1 KiB to 4 MiB, 1 ms to 1 h.
  std::int32_t max_batch_events = 500;
  std::int64_t max_batch_bytes = 1 << 20;
  std::chrono::nanoseconds max_delay = std::chrono::milliseconds(100);

  // Room for events that wait or are on their way; memory is about twice the
  // bytes. Range: 1 to 10,000,000 events, 1 KiB to 1 GiB; no less than a batch.
  std::int32_t max_buffered_events = 50'000;
  std::int64_t max_buffered_bytes = 64 << 20;
  WhenFull when_full = WhenFull::kBlock;

  // Batches on their way at the same time, each with a thread. Range: 1 to 64.
  std::int32_t max_in_flight = 2;

  // How long a batch may take, retries included; then its events have failed.
  // Range: 1 ms to 24 h.
  std::chrono::nanoseconds batch_timeout = std::chrono::seconds(10);

  // How long the destructor waits for what is left, when Shutdown() was not
  // called. Range: 0 to 1 h.
  std::chrono::nanoseconds shutdown_timeout = std::chrono::seconds(10);

  // Called once for each event that was added, from the forwarder's threads,
  // one call at a time for a batch, several batches at the same time. May call
  // Add(), which never blocks there: `BUFFER_FULL` when there is no room. Must
  // not block for long, not throw, and not destroy the forwarder; Flush() and
  // Shutdown() give false there at once. Empty: nobody wants to know.
  std::function<void(const EventOutcome&)> on_outcome{};

  // Called after each batch with the stats, for metrics; otherwise as above.
  std::function<void(const BatchingStats&)> on_batch{};

  // INVALID_ARGUMENT, `BAD_OPTION` with the first field that is out of range;
  // nullopt when all are good.
  std::optional<Error> Validate() const;
};

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
