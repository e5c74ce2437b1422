// What delivery needs to know of a place that takes Tracks.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/base/trace_parent.h"

namespace segrid::receivers {

// Bounds of what a receiver takes at once.
struct Limits {
  std::int32_t max_batch_messages = 2'500;
  // The messages' JSON, each with one byte for its comma, before compression.
  std::int64_t max_batch_bytes = 475'000;
  std::int64_t max_message_bytes = 32'000;
};

// Messages for one attempt. The views must live until `done` has run.
struct Batch {
  std::vector<std::string_view> tracks{};  // Each one Track's JSON.
  std::vector<std::string_view> ids{};     // Their messageIds; as many.
  // When each was accepted; as many, or none where nobody asks for it.
  std::vector<absl::Time> accepted_times{};
  std::int32_t retry_count = 0;  // Attempts made before this one.
  bool plain = false;  // Without compression, also where it is configured.
  // The call that brought some of the messages, to be told to the receiver.
  std::optional<base::TraceParent> trace{};
};

// The behaviour that an answer asks for.
enum class Verdict : std::uint8_t {
  kDelivered,      // The receiver has the batch, but for `refusals`.
  kRetry,          // Again, after a back-off.
  kWait,           // Again, after `wait`; the whole source waits. No attempt.
  kSplit,          // The batch is refused because of something in it: split it.
                   // A single message is dead-lettered with `reason`, on proof.
  kMisconfigured,  // The source is held: it is about the address, the key, a
                   // proxy or an outage, not about a message.
  kTooLarge,       // As kSplit, but it says nothing about single messages.
};

// A message that a receiver did not take although it took the batch.
struct Refusal {
  std::int32_t index = 0;  // In Batch::tracks.
  std::string answer{};
  // kSplit: the message is refused. kRetry: it is sent again after a back-off.
  // kMisconfigured: it stays queued, and the source is held.
  Verdict verdict = Verdict::kSplit;
};

// Values of delivered messages that the place could not keep as they are. For
// metrics and log; none of them is in it.
struct ChangedValues {
  std::string_view reason{};  // Of a fixed list. Static.
  std::int64_t count = 0;
};

struct SendResult {
  Verdict verdict = Verdict::kRetry;
  absl::Duration wait{};       // kWait, and kRetry as a floor of the back-off.
  std::string_view reason{};   // kSplit, kTooLarge: see dead_letter.h. Static.
  bool halves_differ = false;  // kSplit: one bad message spoiled the batch, so
                               // one good half means that the other is bad.
  // The batch was compressed, and perhaps the receiver cannot read that: see
  // Batch::plain.
  bool plain_may_pass = false;
  // For status and log: "HTTP 401: …" or the error. No event data.
  std::string detail{};
  std::string answer{};  // For dead letters: status, first 512 bytes of body.
  std::vector<Refusal> refusals{};  // kDelivered: those it did not take.
  std::vector<ChangedValues> changed_values{};  // kDelivered.
};

// A place that takes Tracks.
//
// Ownership:     see Batch; a receiver is owned by the Deliverer. It outlives
//                its pending answers, unless the pool was stopped.
// Thread safety: Send may be called from any thread, several at a time.
// Blocking:      Send never waits for the network or a disk; `done` runs
// exactly
//                once, later, in a thread of the pool or of the receiver,
//                unless the pool was stopped. A receiver that cannot but wait
//                runs inside a threaded::ThreadedReceiver.
// Errors:        every failure is a SendResult.
class Receiver {
 public:
  using Done = std::function<void(SendResult)>;

  virtual ~Receiver() = default;

  // Attempts the delivery of `batch`, within the receiver's own time-outs.
  virtual void Send(Batch batch, Done done) = 0;

  // Does what there is to do without a batch, and says after how long again;
  // InfiniteDuration: never. May wait as Send does: only a ThreadedReceiver
  // asks, at its start and between batches.
  virtual absl::Duration Maintain() { return absl::InfiniteDuration(); }

  // Ends an attempt that waits, and all later ones, with kRetry. Any thread.
  // Only receivers that wait in Send need it.
  virtual void Stop() {}

  virtual Limits limits() const = 0;

  // Where Tracks go: a URL without credentials, or the path of a file.
  virtual std::string endpoint() const = 0;
};

}  // namespace segrid::receivers
