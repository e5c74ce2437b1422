#include "core/deliver/outcome_policy.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace segrid::deliver {

using receivers::Refusal;
using receivers::SendResult;
using receivers::Verdict;

namespace {

// Messages that are put back are due at once: the throttle closes the whole
// source, and opens early when an operator says so.
constexpr absl::Time kAtOnce = absl::InfinitePast();

// The verdict about the source that follows from those about messages.
Verdict WorstOf(const std::vector<Refusal>& refusals) {
  Verdict worst = Verdict::kDelivered;
  for (const Refusal& refusal : refusals) {
    if (refusal.verdict == Verdict::kMisconfigured) return refusal.verdict;
    if (refusal.verdict == Verdict::kRetry) worst = refusal.verdict;
  }
  return worst;
}

// Adds messages that were never sent to the dead letters, if there are any.
void DeadLetterAll(Outcome::Places places, std::string_view reason,
                   const std::string& answer, Outcome& outcome) {
  if (places.empty()) return;
  outcome.given_up.push_back(
      {.places = std::move(places),
       .death = {
           .reason = std::string(reason), .answer = answer, .attempts = 0}});
}

}  // namespace

OutcomePolicy::OutcomePolicy(const Options& options, const Source& source,
                             const receivers::Limits& limits,
                             const retry::Jitter& jitter)
    : max_age_(source.max_age),
      max_message_bytes_(limits.max_message_bytes),
      backoff_(options.backoff),
      jitter_(jitter),
      throttle_(options, source.requests_per_second, jitter,
                source.events_per_second),
      size_limit_(limits.max_batch_bytes) {}

Outcome OutcomePolicy::Decide(InFlightBatch& batch, const Piece& piece,
                              const Attempt& attempt, const SendResult& result,
                              const Moment& moment) {
  switch (result.verdict) {
    case Verdict::kDelivered:
      return Delivered(batch, piece, attempt, result, moment);
    case Verdict::kSplit:
    case Verdict::kTooLarge:
      return Refused(batch, piece, attempt, result, moment);
    case Verdict::kRetry:
    case Verdict::kWait:
    case Verdict::kMisconfigured:
      return Failed(batch, piece, attempt, result, moment);
  }
  return {};
}

Outcome OutcomePolicy::Delivered(InFlightBatch& batch, const Piece& piece,
                                 const Attempt& attempt,
                                 const SendResult& result,
                                 const Moment& moment) {
  Outcome outcome;
  const Outcome::Places places = batch.PlacesOf(piece);
  std::vector<bool> refused(places.size());
  std::vector<const Refusal*> refusals;
  for (const Refusal& refusal : result.refusals) {
    const auto index = static_cast<std::size_t>(refusal.index);
    if (index >= places.size() || refused[index]) continue;
    refused[index] = true;
    refusals.push_back(&refusal);
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!refused[i]) outcome.delivered.push_back(places[i]);
  }
  const bool passed = !outcome.delivered.empty();
  const Verdict worst = WorstOf(result.refusals);
  if (passed) {
    NotePassed(batch, piece, attempt, outcome.delivered, refusals.empty());
  } else if (worst == Verdict::kDelivered && piece.size() > 1) {
    evidence_.OnBatchRefused(batch.SequencesOf(piece), !batch.IsPart(piece));
  }
  UpdateThrottle(attempt, result, moment, worst, passed);
  bool holds = false;
  for (const Refusal* refusal : refusals) {
    const std::size_t place = places[static_cast<std::size_t>(refusal->index)];
    last_answer_ = refusal->answer;
    if (refusal->verdict == Verdict::kSplit) {
      holds |= Judge(batch,
                     {.place = place,
                      .death = {.reason = std::string(queue::kReasonBadMessage),
                                .answer = refusal->answer,
                                .attempts = piece.attempts + 1}},
                     outcome);
      continue;
    }
    // When others passed, it waits alone, so that the source goes on.
    const bool alone = passed && worst == Verdict::kRetry;
    outcome.put_back.push_back(
        {.places = {place},
         .deferral = {.not_before = alone
                                        ? moment.now + BackoffOf(piece.attempts)
                                        : kAtOnce,
                      .attempts = piece.attempts + 1}});
  }
  if (holds) Hold(result, moment, outcome);
  if (attempt.plain_trial) trying_plain_ = false;
  if (attempt.plain_trial && passed) {
    // All that was refused before was refused for its compression.
    compression_off_ = true;
    outcome.compression_off = true;
    evidence_.Clear();
    split_points_.Clear();
    outcome.put_back_rest = true;
  }
  return outcome;
}

void OutcomePolicy::UpdateThrottle(const Attempt& attempt,
                                   const SendResult& result,
                                   const Moment& moment, Verdict worst,
                                   bool passed) {
  if (worst == Verdict::kMisconfigured) {
    throttle_.OnMisconfigured(attempt.epoch, moment.uptime, result.detail);
  } else if (passed) {
    throttle_.OnSuccess(attempt.epoch);
  } else if (worst == Verdict::kRetry) {
    throttle_.OnRetry(attempt.epoch, moment.uptime, result.wait, result.detail);
  } else {
    throttle_.OnRefused(attempt.epoch, moment.uptime);
  }
}

void OutcomePolicy::NotePassed(InFlightBatch& batch, const Piece& piece,
                               const Attempt& attempt,
                               const Outcome::Places& passed, bool whole) {
  evidence_.OnDelivered(attempt.post);
  plain_tried_ = false;
  if (whole) {
    last_answer_.clear();
    batch.splitter.Delivered(piece);
  }
  if (!evidence_.empty()) {
    for (const std::size_t place : passed) {
      evidence_.Forget(batch.lease().messages[place].sequence);
    }
  }
  if (batch.too_large) {
    batch.largest_taken = std::max(batch.largest_taken, batch.BytesOf(piece));
    size_limit_.OnLargestTaken(batch.largest_taken);
  }
}

Outcome OutcomePolicy::Refused(InFlightBatch& batch, const Piece& piece,
                               const Attempt& attempt, const SendResult& result,
                               const Moment& moment) {
  Outcome outcome;
  last_answer_ = result.answer;
  if (attempt.plain_trial) trying_plain_ = false;
  plain_tried_ |= attempt.plain_trial;
  throttle_.OnRefused(attempt.epoch, moment.uptime);
  if (piece.size() > 1) {
    RefusedTogether(batch, piece, result, moment);
    return outcome;
  }
  const queue::Sequence message = batch.MessageOf(piece).sequence;
  if (WouldHold(message) && MayTryPlain(attempt, result)) {
    TryPlain(batch, piece);
    return outcome;
  }
  const bool holds = Judge(batch,
                           {.place = batch.PlacesOf(piece).front(),
                            .death = {.reason = std::string(result.reason),
                                      .answer = result.answer,
                                      .attempts = piece.attempts + 1}},
                           outcome);
  if (holds) Hold(result, moment, outcome);
  return outcome;
}

void OutcomePolicy::RefusedTogether(InFlightBatch& batch, const Piece& piece,
                                    const SendResult& result,
                                    const Moment& moment) {
  if (result.verdict == Verdict::kTooLarge) {
    size_limit_.OnTooLarge(moment.uptime);
    evidence_.OnOtherRefusal();
    batch.too_large = true;
    batch.splitter.TooLarge(piece);
    return;
  }
  evidence_.OnBatchRefused(batch.SequencesOf(piece), !batch.IsPart(piece));
  batch.splitter.Refused(piece, result.halves_differ);
  if (batch.sampled || evidence_.singles_to_try() == 0) return;
  batch.sampled = true;
  batch.splitter.SampleSingles(evidence_.singles_to_try());
}

Outcome OutcomePolicy::Failed(InFlightBatch& batch, const Piece& piece,
                              const Attempt& attempt, const SendResult& result,
                              const Moment& moment) {
  Outcome outcome;
  if (attempt.plain_trial) trying_plain_ = false;
  last_answer_ = result.answer.empty() ? result.detail : result.answer;
  std::int32_t attempts = piece.attempts + 1;
  if (result.verdict == Verdict::kRetry) {
    throttle_.OnRetry(attempt.epoch, moment.uptime, result.wait, result.detail);
  } else if (result.verdict == Verdict::kWait) {
    throttle_.OnWait(attempt.epoch, moment.uptime, result.wait, result.detail);
    attempts = piece.attempts;  // It was asked for.
  } else if (MayTryPlain(attempt, result)) {
    TryPlain(batch, piece);
    return outcome;
  } else if (trying_plain_ && result.plain_may_pass) {
    // Another batch finds out whether it is the compression.
    evidence_.OnOtherRefusal();
  } else {
    plain_tried_ |= attempt.plain_trial;
    throttle_.OnMisconfigured(attempt.epoch, moment.uptime, result.detail);
  }
  outcome.put_back.push_back(PutBackOf(batch, piece, attempts));
  outcome.put_back_rest = true;
  return outcome;
}

bool OutcomePolicy::WouldHold(queue::Sequence message) const {
  return !throttle_.held() && !evidence_.IsProven(message) &&
         evidence_.HoldsWith(message);
}

bool OutcomePolicy::Judge(const InFlightBatch& batch, RefusedMessage message,
                          Outcome& outcome) {
  const queue::LeasedMessage& leased = batch.lease().messages[message.place];
  if (evidence_.IsProven(leased.sequence)) {
    evidence_.Forget(leased.sequence);
    outcome.given_up.push_back(
        {.places = {message.place}, .death = std::move(message.death)});
    return false;
  }
  const bool holds = WouldHold(leased.sequence);
  const std::int32_t attempts = message.death.attempts;
  const bool is_suspect =
      evidence_.AddSuspect(leased.sequence, std::move(message.death.reason),
                           std::move(message.death.answer));
  // The next success brings it back before that.
  outcome.put_back.push_back(
      {.places = {message.place},
       .deferral = {
           .not_before = is_suspect ? leased.accepted_time + max_age_ : kAtOnce,
           .attempts = attempts}});
  return holds;
}

void OutcomePolicy::Hold(const SendResult& result, const Moment& moment,
                         Outcome& outcome) {
  throttle_.Hold(moment.uptime,
                 absl::StrCat("every message is refused: ", result.detail));
  split_points_.Clear();
  outcome.put_back_rest = true;
}

bool OutcomePolicy::MayTryPlain(const Attempt& attempt,
                                const SendResult& result) const {
  return result.plain_may_pass && !attempt.plain_trial && !compression_off_ &&
         !plain_tried_ && !trying_plain_;
}

void OutcomePolicy::TryPlain(InFlightBatch& batch, const Piece& piece) {
  Piece again = piece;
  ++again.attempts;
  batch.splitter.SplitOffFirst(again);
  batch.plain_next = true;
  trying_plain_ = true;
  evidence_.OnOtherRefusal();
}

Outcome OutcomePolicy::PutBackRest(InFlightBatch& batch) {
  Outcome outcome;
  if (batch.plain_next) trying_plain_ = false;
  batch.plain_next = false;
  for (const Piece& piece : batch.splitter.TakeAll()) {
    outcome.put_back.push_back(PutBackOf(batch, piece, piece.attempts));
  }
  return outcome;
}

Outcome::PutBack OutcomePolicy::PutBackOf(const InFlightBatch& batch,
                                          const Piece& piece,
                                          std::int32_t attempts) {
  // A held source takes nothing, so where its batches were split says nothing.
  if (batch.IsPart(piece) && !throttle_.held()) {
    split_points_.Add(batch.RangeOf(piece));
  }
  return {.places = batch.PlacesOf(piece),
          .deferral = {.not_before = kAtOnce, .attempts = attempts}};
}

absl::Duration OutcomePolicy::BackoffOf(std::int32_t attempts) const {
  constexpr std::int32_t kSurelyAtTheCap = 32;
  retry::Backoff backoff(backoff_);
  for (std::int32_t i = 0; i < std::min(attempts, kSurelyAtTheCap); ++i) {
    backoff.Next(jitter_);
  }
  return backoff.Next(jitter_);
}

Outcome OutcomePolicy::Sort(InFlightBatch& batch, absl::Time now,
                            bool asked_for) {
  Outcome outcome;
  const absl::Time too_old = now - max_age_;
  Outcome::Places expired;
  Outcome::Places too_large;
  Outcome::Places good;
  const auto& messages = batch.lease().messages;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const queue::LeasedMessage& message = messages[i];
    if (!condemned_.empty()) {
      if (auto death = condemned_.extract(message.sequence)) {
        outcome.given_up.push_back(
            {.places = {i}, .death = std::move(death.mapped())});
        continue;
      }
    }
    const auto* const suspect =
        evidence_.empty() ? nullptr : evidence_.Find(message.sequence);
    if (message.accepted_time <= too_old && suspect != nullptr) {
      outcome.given_up.push_back(
          {.places = {i},
           .death = {.reason = std::string(queue::kReasonExpired),
                     .answer = suspect->answer,
                     .attempts = 0}});
      evidence_.Forget(message.sequence);
    } else if (message.accepted_time <= too_old) {
      expired.push_back(i);
      evidence_.Forget(message.sequence);
    } else if (std::ssize(message.track) > max_message_bytes_) {
      too_large.push_back(i);
    } else if (suspect != nullptr && !asked_for) {
      // Its loan was lost: it waits on.
      outcome.put_back.push_back(
          {.places = {i},
           .deferral = {.not_before = message.accepted_time + max_age_,
                        .attempts = 0}});
      evidence_.CheckAgain(message.sequence);
    } else {
      good.push_back(i);
    }
  }
  DeadLetterAll(std::move(expired), queue::kReasonExpired, last_answer_,
                outcome);
  DeadLetterAll(std::move(too_large), queue::kReasonTooLarge, "", outcome);
  batch.Choose(std::move(good), split_points_);
  // Between the singles of an earlier lease there may be the parts that they
  // were taken out of.
  if (evidence_.singles_to_try() > 0 && !batch.splitter.empty()) {
    batch.sampled = true;
    batch.splitter.SampleSingles(evidence_.singles_to_try());
  }
  return outcome;
}

void OutcomePolicy::Condemn(queue::Sequence message,
                            const queue::Death& death) {
  // The others are found again by their age or size, or by being sent again.
  if (death.reason == queue::kReasonExpired ||
      condemned_.size() >= RefusalEvidence::kMaxSuspects) {
    return;
  }
  queue::Death again = death;
  again.attempts = 0;  // They are counted already.
  condemned_[message] = std::move(again);
}

Outcome OutcomePolicy::ChooseProbe(InFlightBatch& batch,
                                   queue::Sequence& probed) {
  probed = batch.lease().messages.back().sequence;
  if (batch.splitter.empty()) return {};
  batch.splitter.SplitOffFirst(batch.splitter.Next());
  const Piece probe = batch.splitter.Next();
  probed = batch.MessageOf(probe).sequence;
  Outcome outcome = PutBackRest(batch);
  batch.splitter.SplitOffFirst(probe);
  return outcome;
}

void OutcomePolicy::Resume() {
  throttle_.Resume();
  evidence_.Clear();
  plain_tried_ = false;
}

std::string OutcomePolicy::detail() const {
  std::string detail = throttle_.detail();
  const std::size_t waiting = evidence_.waiting();
  if (throttle_.state() != SourceState::kRunning || waiting == 0) return detail;
  return waiting == 1
             ? "1 message refused, waits for proof"
             : absl::StrCat(waiting, " messages refused, wait for proof");
}

}  // namespace segrid::deliver
