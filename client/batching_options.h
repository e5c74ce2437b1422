// The options of BatchingForwarder, and what it tells its callbacks.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/error.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid {

// The outcome of an event that was added.
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

  // The server's issues about it; with several sources also when one of them
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

// The behaviour of Add() when the buffer is full.
enum class WhenFull {
  kBlock,  // Add() waits for room.
  kFail,   // Add() gives an error at once.
};

// The limits, times and callbacks of a BatchingForwarder; a value type.
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

}  // namespace segrid
