// Segrid inside another program: the whole pipeline by plain function calls, no
// socket, no RPC, with the guarantees of the server.
//
//   auto segrid = segrid::Embedded::Start({.config_file = "segrid.yaml"});
//   if (!segrid.ok()) return Complain(segrid.error());
//   segrid::Client client((*segrid)->connection());   // As with a server.
//   auto answer = client.Forward(webhook_body);       // OK means durable.
//   …
//   (*segrid)->Drain(std::chrono::seconds(20));

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/connection.h"
#include "client/result.h"

namespace segrid {

// The settings are those of the server; `http`, `admin` and `webhooks` are
// checked, but nothing is opened.
struct EmbeddedOptions {
  // A configuration file, or its text, not both. Both empty: the defaults of
  // the server without a configuration.
  std::string config_file{};
  std::string config_text{};

  // Instead of the configuration's `data_dir`, unless empty.
  std::string data_dir{};

  // Threads for delivery, which wait most of the time. Range: 1 to 64.
  std::int32_t delivery_threads = 4;

  // Opens the server's gRPC listener for neighbours of the host, too: the
  // services, addresses, certificates, tokens and limits of `grpc` in the
  // configuration.
  bool grpc_door = false;

  // Called when a neighbour asks for AdminService.Drain: whether and when to
  // call Drain() is the host's decision. From a thread of gRPC's; must not
  // block and not call Drain() itself. Empty: such a call does nothing.
  std::function<void()> on_drain_request{};
};

// Why an event gave no Track. Texts have static storage.
struct EmbeddedIssue {
  std::int32_t index = 0;   // Of the event in the body, 0-based.
  bool rejected = false;    // Something is wrong with it; else it was skipped.
  std::string_view reason;  // Such as `MISSING_EMAIL`.
  std::string_view field;   // The key that caused it; may be empty.
};

// What came of a body. Reuse it from call to call: it keeps its memory.
// Thread safety: none; one call at a time.
class EmbeddedBatch {
 public:
  EmbeddedBatch();
  ~EmbeddedBatch();
  EmbeddedBatch(EmbeddedBatch&&) noexcept;
  EmbeddedBatch& operator=(EmbeddedBatch&&) noexcept;

  // `{"batch":[…]}` without `sentAt`; valid until the next call.
  std::string_view batch_json() const;

  // Always events = tracks + skipped + rejected, because it is for one source.
  std::int32_t event_count() const;
  std::int32_t track_count() const;
  std::int32_t skipped_count() const;
  std::int32_t rejected_count() const;
  std::vector<EmbeddedIssue> issues() const;

 private:
  friend class Embedded;
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

// A running pipeline: durable queue and delivery.
//
// Ownership:     owns its threads and its files in data_dir.
// Thread safety: every method may be called from any thread at any time, Drain
//                and the destructor by one.
// Blocking:      Start for the disk, Drain as it says, the destructor until
//                running deliveries have stopped; Transform never.
class Embedded {
 public:
  // The errors of the configuration (`INVALID_CONFIG`, all mistakes at once);
  // FAILED_PRECONDITION, `QUEUE_LOCKED`: another process, or another Embedded,
  // uses the data directory; `BAD_DATA_DIR`; INVALID_ARGUMENT, `BAD_OPTION`.
  // With `grpc_door`: UNAVAILABLE, `CANNOT_LISTEN`; `BAD_CERTIFICATE`.
  static Result<std::unique_ptr<Embedded>> Start(
      const EmbeddedOptions& options = {});

  // What is not delivered stays queued, for the next start.
  ~Embedded();
  Embedded(const Embedded&) = delete;
  Embedded& operator=(const Embedded&) = delete;

  // Turns a body as SendGrid posts it into the body that Segment gets, with the
  // settings of `source` (empty: the defaults). Computes in the caller's thread
  // and leaves the rest in `batch`; nullopt when all was well. The errors are
  // those of BridgeService.Transform; then `batch` is unspecified.
  std::optional<Error> Transform(std::string_view webhook_json,
                                 std::string_view source, EmbeddedBatch& batch);

  // For Client, BatchingForwarder and coroutines: calls are functions then, no
  // gRPC takes part. Streams answer UNIMPLEMENTED. Works no longer than this
  // object: afterwards it answers UNAVAILABLE, `DRAINING`. In a forked child,
  // where the threads are not, it answers FAILED_PRECONDITION, `FORKED`; there,
  // Drain() gives false and the destructor leaves all to the parent.
  std::shared_ptr<Connection> connection() const;

  // The names of the sources, in the order of the configuration.
  std::vector<std::string> sources() const;

  // Where the gRPC listener is, with the port that was chosen for port 0; empty
  // without one.
  std::vector<std::string> grpc_addresses() const;

  // Refuses new events, delivers what is queued for at most `timeout`, and
  // stops delivery. True when nothing is left. Further calls do nothing.
  bool Drain(std::chrono::nanoseconds timeout);

 private:
  class Parts;
  class Calls;
  explicit Embedded(std::shared_ptr<Parts> parts);

  const std::shared_ptr<Parts> parts_;
  const std::shared_ptr<Calls> calls_;
  bool drained_ = false;        // Drain() was called,
  bool drained_empty_ = false;  // and left nothing.
};

}  // namespace segrid
