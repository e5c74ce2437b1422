// The decision about each answer of a receiver, and about the next attempt.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/deliver/batch_size_limit.h"
#include "core/deliver/delivery_options.h"
#include "core/deliver/delivery_throttle.h"
#include "core/deliver/in_flight_batch.h"
#include "core/deliver/refusal_evidence.h"
#include "core/deliver/split_points.h"
#include "core/queue/queue.h"
#include "core/receivers/receiver.h"

namespace segrid::deliver {

// One post to the receiver.
struct Attempt {
  RefusalEvidence::Post post = 0;
  std::int64_t epoch = 0;  // See DeliveryThrottle.
  // It shows whether the receiver takes what is not compressed.
  bool plain_trial = false;
};

// One reading of base::Clock.
struct Moment {
  absl::Time now{};
  absl::Duration uptime{};
};

// The changes to make in the queue. Places are those of Lease::messages.
struct Outcome {
  using Places = std::vector<std::size_t>;
  struct GivenUp {
    Places places{};
    queue::Death death{};
  };
  struct PutBack {
    Places places{};
    queue::Deferral deferral{};
  };

  Places delivered{};
  std::vector<GivenUp> given_up{};
  std::vector<PutBack> put_back{};
  bool put_back_rest = false;    // All that the batch's splitter has.
  bool compression_off = false;  // From now on.
};

// Keeps what a source has learned from its answers: the acting half of the
// table in core/receivers/segment/response.cc. Calls nobody. A value; not
// thread-safe.
class OutcomePolicy {
 public:
  OutcomePolicy(const Options& options, const Source& source,
                const receivers::Limits& limits, const retry::Jitter& jitter);

  // Decides about the answer to an attempt of `piece`, which the splitter of
  // `batch` gave last.
  Outcome Decide(InFlightBatch& batch, const Piece& piece,
                 const Attempt& attempt, const receivers::SendResult& result,
                 const Moment& moment);

  // Takes out what is left of `batch`.
  Outcome PutBackRest(InFlightBatch& batch);

  // Sorts the messages of a new lease: the batch chooses those that are to be
  // sent; the others, too old, too large or suspect, are in the outcome.
  // `asked_for`: the lease is of a message that was asked for, suspect or not.
  Outcome Sort(InFlightBatch& batch, absl::Time now, bool asked_for);

  // There was no room for the dead letter of a message: it is one without being
  // sent again, as soon as there is.
  void Condemn(queue::Sequence message, const queue::Death& death);

  // Keeps one message of `batch` to send, as a probe; what else it has is in
  // the outcome. The message, or the last of the lease when there is none to
  // send.
  Outcome ChooseProbe(InFlightBatch& batch, queue::Sequence& probed);

  // After an operator's word.
  void Resume();

  DeliveryThrottle& throttle() { return throttle_; }
  const DeliveryThrottle& throttle() const { return throttle_; }
  RefusalEvidence& evidence() { return evidence_; }
  const RefusalEvidence& evidence() const { return evidence_; }
  std::int64_t MaxBatchBytes(absl::Duration uptime) const {
    return size_limit_.At(uptime);
  }
  bool compression_off() const { return compression_off_; }
  // Since the last success.
  const std::string& last_answer() const { return last_answer_; }
  // Why the source does not deliver, or what it waits for beside.
  std::string detail() const;

 private:
  // A message that was refused alone, or by its name.
  struct RefusedMessage {
    std::size_t place = 0;
    queue::Death death{};
  };

  Outcome Delivered(InFlightBatch& batch, const Piece& piece,
                    const Attempt& attempt, const receivers::SendResult& result,
                    const Moment& moment);
  // The source's throttle after a request that was answered for each message.
  void UpdateThrottle(const Attempt& attempt,
                      const receivers::SendResult& result, const Moment& moment,
                      receivers::Verdict worst, bool passed);
  void NotePassed(InFlightBatch& batch, const Piece& piece,
                  const Attempt& attempt, const Outcome::Places& passed,
                  bool whole);
  Outcome Refused(InFlightBatch& batch, const Piece& piece,
                  const Attempt& attempt, const receivers::SendResult& result,
                  const Moment& moment);
  void RefusedTogether(InFlightBatch& batch, const Piece& piece,
                       const receivers::SendResult& result,
                       const Moment& moment);
  Outcome Failed(InFlightBatch& batch, const Piece& piece,
                 const Attempt& attempt, const receivers::SendResult& result,
                 const Moment& moment);

  // Whether the source is held when `message` is refused alone now.
  bool WouldHold(queue::Sequence message) const;
  // True when the source is to be held because of it.
  bool Judge(const InFlightBatch& batch, RefusedMessage message,
             Outcome& outcome);
  void Hold(const receivers::SendResult& result, const Moment& moment,
            Outcome& outcome);
  bool MayTryPlain(const Attempt& attempt,
                   const receivers::SendResult& result) const;
  void TryPlain(InFlightBatch& batch, const Piece& piece);
  Outcome::PutBack PutBackOf(const InFlightBatch& batch, const Piece& piece,
                             std::int32_t attempts);
  absl::Duration BackoffOf(std::int32_t attempts) const;

  const absl::Duration max_age_;
  const std::int64_t max_message_bytes_;
  const retry::BackoffOptions backoff_;
  const retry::Jitter jitter_;
  DeliveryThrottle throttle_;
  RefusalEvidence evidence_;
  BatchSizeLimit size_limit_;
  SplitPoints split_points_;
  std::map<queue::Sequence, queue::Death> condemned_;
  std::string last_answer_;
  bool compression_off_ = false;
  bool plain_tried_ = false;   // In vain, since the last success.
  bool trying_plain_ = false;  // It is under way.
};

}  // namespace segrid::deliver
