// What follows from a receiver's answer: the acting half of the table in
// core/receivers/segment/response.cc.

#include <algorithm>
#include <utility>

#include "core/deliver/lane.h"

namespace segrid::deliver {

using receivers::SendResult;
using receivers::Verdict;

void Lane::SendNext(const FlightPtr& flight, std::int64_t epoch) {
  RenewIfOld(flight);
  const Piece piece = flight->pieces.Next();
  ++flight->busy;
  ++attempts_;
  receiver_->Send(flight->BatchOf(piece), [self = shared_from_this(), flight,
                                           piece, epoch](SendResult result) {
    auto shared = std::make_shared<SendResult>(std::move(result));
    self->serial_.Post([self, flight, piece, epoch, shared] {
      self->OnSent(flight, piece, epoch, *std::move(shared));
    });
  });
}

void Lane::RenewIfOld(const FlightPtr& flight) {
  const absl::Duration now = clock_.Uptime();
  if (now - flight->renewed_at < options_.lease / 2) return;
  flight->renewed_at = now;
  // When the loan has run out already, the messages go out twice: allowed, and
  // removed by their ids.
  queue_.Renew(name_, flight->lease().id, options_.lease,
               [](const absl::Status&) {});
}

void Lane::OnSent(const FlightPtr& flight, Piece piece, std::int64_t epoch,
                  SendResult result) {
  TellGate(epoch, result);
  Follow(flight, piece, result);
  Answered(flight);
  Pump();
}

void Lane::TellGate(std::int64_t epoch, const SendResult& result) {
  const absl::Duration now = clock_.Uptime();
  failed_attempts_ += result.verdict == Verdict::kDelivered ? 0 : 1;
  switch (result.verdict) {
    case Verdict::kDelivered:
      for (const receivers::Refusal& refusal : result.refusals) {
        if (refusal.verdict == Verdict::kRetry) {
          return gate_.OnRetry(epoch, now, result.wait, result.detail);
        }
        if (refusal.verdict == Verdict::kMisconfigured) {
          return gate_.OnMisconfigured(epoch, now, result.detail);
        }
      }
      return gate_.OnSuccess(epoch);
    case Verdict::kSplit:
    case Verdict::kTooLarge:
      // The receiver works; what it thinks of the messages is another matter.
      return gate_.OnSuccess(epoch);
    case Verdict::kRetry:
      return gate_.OnRetry(epoch, now, result.wait, result.detail);
    case Verdict::kWait:
      return gate_.OnWait(epoch, now, result.wait, result.detail);
    case Verdict::kMisconfigured:
      return gate_.OnMisconfigured(epoch, now, result.detail);
  }
}

void Lane::Follow(const FlightPtr& flight, const Piece& piece,
                  const SendResult& result) {
  const std::int32_t attempts = piece.attempts + 1;
  const bool refused =
      result.verdict == Verdict::kSplit || result.verdict == Verdict::kTooLarge;
  if (refused && piece.size() == 1) {
    return GiveUp(flight, flight->PlacesOf(piece),
                  {.reason = std::string(result.reason),
                   .answer = result.answer,
                   .attempts = attempts});
  }
  switch (result.verdict) {
    case Verdict::kDelivered:
      return Delivered(flight, piece, result);
    case Verdict::kSplit:
    case Verdict::kTooLarge:
      return flight->pieces.Refused(piece, result.halves_differ);
    default:
      last_answer_ = result.answer.empty() ? result.detail : result.answer;
      // A wait that was asked for is no attempt.
      PutBack(flight, piece,
              result.verdict == Verdict::kWait ? piece.attempts : attempts);
      return PutBackRest(flight);
  }
}

void Lane::Delivered(const FlightPtr& flight, const Piece& piece,
                     const SendResult& result) {
  std::vector<std::size_t> places = flight->PlacesOf(piece);
  std::vector<std::size_t> refused;
  for (const receivers::Refusal& refusal : result.refusals) {
    const auto index = static_cast<std::size_t>(refusal.index);
    if (index >= places.size()) continue;
    refused.push_back(places[index]);
    if (refusal.verdict != Verdict::kSplit) {
      last_answer_ = refusal.answer;
      queue_.Defer(
          flight->SettlementOf(name_, {places[index]}),
          {.not_before = absl::InfinitePast(), .attempts = piece.attempts + 1},
          CallDone(flight, queue::Range()));
      continue;
    }
    GiveUp(flight, {places[index]},
           {.reason = std::string(queue::kReasonBadMessage),
            .answer = refusal.answer,
            .attempts = piece.attempts + 1});
  }
  std::erase_if(places, [&refused](std::size_t place) {
    return std::find(refused.begin(), refused.end(), place) != refused.end();
  });
  flight->pieces.Delivered(piece);
  if (refused.empty()) last_answer_.clear();
  if (places.empty()) return;
  messages_sent_ += std::ssize(places);
  if (latency_ != nullptr) {
    const absl::Time now = clock_.Now();
    for (const std::size_t place : places) {
      latency_->Observe(
          std::max(now - flight->lease().messages[place].accepted_time,
                   absl::ZeroDuration()));
    }
  }
  queue_.Ack(flight->SettlementOf(name_, places),
             SettlementDone(flight, places));
}

void Lane::GiveUp(const FlightPtr& flight,
                  const std::vector<std::size_t>& places, queue::Death death) {
  if (places.empty()) return;
  queue_.DeadLetter(flight->SettlementOf(name_, places), std::move(death),
                    SettlementDone(flight, places));
}

void Lane::PutBack(const FlightPtr& flight, const Piece& piece,
                   std::int32_t attempts) {
  if (flight->IsPart(piece)) cuts_.Add(flight->RangeOf(piece));
  // The gate holds the whole source, and opens early when an operator says so:
  // the messages themselves are due at once.
  const std::vector<std::size_t> places = flight->PlacesOf(piece);
  queue_.Defer(flight->SettlementOf(name_, places),
               {.not_before = absl::InfinitePast(), .attempts = attempts},
               CallDone(flight, queue::Range()));
}

void Lane::PutBackRest(const FlightPtr& flight) {
  ++flight->busy;
  for (const Piece& piece : flight->pieces.TakeAll()) {
    PutBack(flight, piece, piece.attempts);
  }
  Answered(flight);
}

queue::Queue::Done Lane::SettlementDone(
    const FlightPtr& flight, const std::vector<std::size_t>& places) {
  const auto& messages = flight->lease().messages;
  return CallDone(flight, {messages[places.front()].sequence,
                           messages[places.back()].sequence});
}

queue::Queue::Done Lane::CallDone(const FlightPtr& flight, queue::Range range) {
  ++flight->busy;
  return [self = shared_from_this(), flight, range](absl::Status status) {
    self->serial_.Post([self, flight, range, status] {
      self->OnQueueDone(flight, range, status);
    });
  };
}

void Lane::OnQueueDone(const FlightPtr& flight, queue::Range settled,
                       const absl::Status& status) {
  // A settlement that failed is made up for when the loan has run out: the
  // messages are lent again.
  if (!status.ok()) queue_error_ = std::string(status.message());
  if (settled == queue::Range()) {
    hungry_ = true;
  } else {
    watch_.OnSettled(name_, settled);
  }
  Answered(flight);
}

void Lane::Answered(const FlightPtr& flight) {
  if (--flight->busy > 0) return;
  if (flight->pieces.empty()) {
    --in_flight_;
  } else {
    waiting_.push_back(flight);
  }
  Pump();
}

}  // namespace segrid::deliver
