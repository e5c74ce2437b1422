// The hand-over point of the pipeline. Everything before the queue answers the
// caller; everything after it talks to receivers.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/queue/dead_letter.h"
#include "core/queue/message.h"
#include "core/queue/stats.h"

namespace segrid::queue {

// What one call appends: at most one chunk per lane.
struct AppendBatch {
  std::vector<Chunk> chunks{};
};

// What became of one chunk. accepted + duplicates = its messages.
struct LaneAppend {
  std::int64_t accepted = 0;
  std::int64_t duplicates = 0;
  Ticket ticket{};  // Of the accepted ones; count 0 when there are none.
};

struct AppendResult {
  std::vector<LaneAppend> lanes{};  // In the order of AppendBatch::chunks.
};

struct TakeRequest {
  std::string lane{};
  std::int32_t max_messages = 2'500;  // At least 1.
  // Bound of the messages' JSON, each with one byte for its comma. A message
  // that is larger alone is lent alone.
  std::int64_t max_bytes = 475'000;
  // When the loan runs out unless it is renewed or settled.
  absl::Duration lease = absl::Minutes(5);
  // If set: only messages of this range, also those that are deferred.
  std::optional<Range> only{};
};

// Messages of a lease whose fate is known. `ranges` hold no other sequences
// than those of the lease.
struct Settlement {
  std::string lane{};
  std::uint64_t lease_id = 0;
  std::vector<Range> ranges{};
};

// When deferred messages are lent again.
struct Deferral {
  absl::Time not_before{};
  std::int32_t attempts = 1;  // Made during this lease.
};

// Why messages become dead letters.
struct Death {
  std::string reason{};       // See dead_letter.h.
  std::string answer{};       // Cut to kMaxAnswerBytes.
  std::int32_t attempts = 1;  // Made during this lease.
};

// What became of a ticket's messages. A dead letter that was replayed or
// purged since counts as delivered, as do the messages of a dropped lane and
// those that were erased.
struct Progress {
  std::int64_t delivered = 0;
  std::int64_t pending = 0;
  std::int64_t dead = 0;  // Dead letters of any reason.
};

// DropLane deleted so many. All of them count as purged.
struct DroppedLane {
  std::int64_t pending = 0;
  std::int64_t dead_letters = 0;  // Of any reason.
};

// Selects the messages that Erase deletes.
struct EraseRequest {
  // Required. Whether a message is to be erased, given its JSON. Called from
  // the thread that calls Erase; must be quick and must not call the queue.
  std::function<bool(std::string_view track)> matches{};
  // Whether the answer that a receiver gave to other messages is to be erased,
  // because it repeats something. Null: none is.
  std::function<bool(std::string_view answer)> answer_matches{};
  std::string lane{};    // Empty: all lanes.
  bool dry_run = false;  // Only counts.
};

// The messages of a lane that were erased, or would be.
struct ErasedLane {
  std::string lane{};
  std::int64_t pending = 0;       // Those on loan included.
  std::int64_t on_loan = 0;       // May be delivered all the same.
  std::int64_t dead_letters = 0;  // Of any reason.
  // Recorded answers of other dead letters, which lost their text.
  std::int64_t answers = 0;
};

struct Erased {
  std::vector<ErasedLane> lanes{};  // In which there was something, by name.
  // Paths beside the store that may have more and are not touched.
  std::vector<std::string> leftovers{};
};

// Keeps a subscription alive. Its destructor waits for a running callback; do
// not destroy it from inside that callback.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

// A store-and-forward queue that drops duplicates: one lane per source, named
// after it. Within a lane, messages are lent in the order of their acceptance,
// except those that were deferred or whose loan ran out. Delivery is at least
// once: only Ack and DeadLetter take a message out. Several processes may share
// the lanes of one store, if the store says so.
//
// Lanes need no registration: one that was never appended to is empty.
//
// Ownership:     arguments are moved from or copied; no reference is kept,
//                except that `Bytes` are shared.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      methods with `done` never wait for the store: `done` runs
//                exactly once, inline or later in a thread of the store, with
//                no lock held; it may call the queue, and must not block. The
//                others may wait for the store's disk or network: not for the
//                threads that serve calls or deliver.
// Errors:        each may give UNAVAILABLE/QUEUE_UNAVAILABLE (the store failed;
//                worth a retry; what was asked may or may not have happened) or
//                DATA_LOSS/QUEUE_CORRUPT (a person must act). Others are listed
//                at the method. Reasons: base::ReasonOf().
//
// Implementations: core/queue/memory. Each passes
// tests/contract/queue_contract.h.
class Queue {
 public:
  using AppendDone = std::function<void(absl::StatusOr<AppendResult>)>;
  using TakeDone = std::function<void(absl::StatusOr<Lease>)>;
  using ProgressDone = std::function<void(absl::StatusOr<Progress>)>;
  using Done = std::function<void(absl::Status)>;

  virtual ~Queue() = default;

  // Accepts the messages of all chunks and remembers their ids, in one atomic
  // step. A message whose id its lane accepted within the deduplication window
  // (also earlier in this batch) is counted as a duplicate and not accepted. OK
  // means that a durable store has synced it all; on any error nothing is
  // promised, and repeating the call is safe.
  //
  // RESOURCE_EXHAUSTED/QUEUE_FULL:  a lane or the store is at its size limit;
  //                                 nothing was appended; see RetryInfo.
  // INVALID_ARGUMENT/BAD_CHUNK:     a chunk breaks the rules of message.h, or
  //                                 two are for one lane.
  virtual void Append(AppendBatch batch, AppendDone done) = 0;

  // Lends the oldest messages that are due and on loan to nobody. When there
  // are none, the lease is empty: Take does not wait for messages to come.
  // INVALID_ARGUMENT/BAD_TAKE: a limit is not positive.
  virtual void Take(TakeRequest request, TakeDone done) = 0;

  // Makes a loan run out at `duration` from now.
  // NOT_FOUND/LEASE_EXPIRED: it ran out already, or everything is settled.
  virtual void Renew(std::string lane, std::uint64_t lease_id,
                     absl::Duration duration, Done done) = 0;

  // Removes delivered messages, also when the loan has run out since. Those
  // that are gone are ignored. May become durable later than `done`: after a
  // crash the messages may be lent again.
  virtual void Ack(Settlement settlement, Done done) = 0;

  // Ends the loan of messages; they are due again at `deferral.not_before`.
  // Those not on loan to this lease any more are ignored.
  virtual void Defer(Settlement settlement, Deferral deferral, Done done) = 0;

  // Moves messages to the dead letters, which are bounded by size, and deleted
  // when they are too old. Those not on loan to this lease are ignored.
  // RESOURCE_EXHAUSTED/DEAD_LETTERS_FULL: there is no room for all of them,
  //     because nothing is deleted to make some. The others stay on loan.
  virtual void DeadLetter(Settlement settlement, Death death, Done done) = 0;

  // What became of the messages of an Append.
  virtual void GetProgress(std::string lane, Ticket ticket,
                           ProgressDone done) = 0;

  // Calls `on_ready` when `lane` may have something to take that it had not
  // before: after Append, replay, and, in a shared store, another process's
  // doing; not for the passing of time (see Lease::next_due). It may run in any
  // thread, several at a time, also for nothing; it must not block and must not
  // call the queue.
  [[nodiscard]] virtual std::unique_ptr<Subscription> Subscribe(
      std::string lane, std::function<void()> on_ready) = 0;

  // A page of the lane's dead letters.
  // INVALID_ARGUMENT/BAD_PAGE: page_size or page_token is wrong.
  virtual absl::StatusOr<DeadLetterPage> ListDeadLetters(
      const DeadLetterQuery& query) = 0;

  // Makes the selected dead letters pending again, at the end of the lane, with
  // new sequences, no attempts and a new budget of age; returns their number.
  // They count as neither accepted again nor duplicate. Replayed are the oldest
  // first, as many as the lane has room for.
  // RESOURCE_EXHAUSTED/QUEUE_FULL: there is room for none of them.
  virtual absl::StatusOr<std::int64_t> ReplayDeadLetters(
      const DeadLetterFilter& filter) = 0;

  // Deletes the selected dead letters, which count as purged; returns their
  // number.
  virtual absl::StatusOr<std::int64_t> PurgeDeadLetters(
      const DeadLetterFilter& filter) = 0;

  // Deletes all that is pending in a lane, leased or not, and all its dead
  // letters, in one atomic step. Its ledger and the ids that it remembers stay.
  // OK means that a durable store has synced it.
  virtual absl::StatusOr<DroppedLane> DropLane(std::string_view lane) = 0;

  // Deletes the pending messages, on loan or not, and the dead letters that
  // the request matches. They count as purged and are never lent again. OK
  // means that a durable store has synced that, and that none of its files has
  // their bytes any more. After an error or a crash a part may be done: each
  // message is erased and counted, or neither; asking again does the rest.
  // Messages that are accepted meanwhile may stay. Gives the lanes in which
  // there was something. Takes as long as it takes to read and rewrite all that
  // is stored.
  virtual absl::StatusOr<Erased> Erase(const EraseRequest& request) = 0;

  // The ledgers of the lanes in which something is pending or dead, by name.
  // Cheap.
  virtual absl::StatusOr<std::vector<LaneStats>> ListLanes() = 0;

  // How many pending messages were accepted at `time` or before. Takes time for
  // each stored chunk: for what is rare. A store may not know, and say 0.
  virtual absl::StatusOr<std::int64_t> CountPendingUntil(
      std::string_view /*lane*/, absl::Time /*time*/) {
    return 0;
  }

  // The ledger of a lane, consistent in itself. Cheap.
  virtual absl::StatusOr<LaneStats> GetLaneStats(std::string_view lane) = 0;

  // What the lanes share. Cheap.
  virtual absl::StatusOr<StoreStats> GetStoreStats() = 0;
};

}  // namespace segrid::queue
