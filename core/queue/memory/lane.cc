#include "core/queue/memory/lane.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/base/error_info.h"

namespace segrid::queue::memory {
namespace {

std::string_view TrackOf(const Bytes& json, const Message& message) {
  return json.view().substr(message.offset, message.size_bytes);
}

std::string_view IdOf(const Bytes& json, const Message& message) {
  return json.view().substr(message.id_offset, message.id_size_bytes);
}

// A copy of one message alone, so that it does not keep its chunk in memory.
Bytes CopyOf(std::string_view track) { return Bytes(std::string(track)); }

Message Alone(const Message& message) {
  return {.offset = 0,
          .size_bytes = message.size_bytes,
          .id_offset = message.id_offset - message.offset,
          .id_size_bytes = message.id_size_bytes};
}

// Notes with whose call the message came that was lent last.
void AddTrace(Sequence sequence, const base::TraceParent& trace, Lease& lease) {
  auto& traces = lease.traces;
  if (!traces.empty() && traces.back().range.last + 1 == sequence &&
      traces.back().trace == trace) {
    traces.back().range.last = sequence;
  } else {
    traces.push_back({{sequence, sequence}, trace});
  }
}

}  // namespace

LaneAppend Lane::Append(const Chunk& chunk, const std::vector<bool>& fresh,
                        absl::Time now) {
  LaneAppend result;
  result.accepted = std::count(fresh.begin(), fresh.end(), true);
  result.duplicates = std::ssize(fresh) - result.accepted;
  accepted_ += result.accepted;
  duplicates_ += result.duplicates;
  if (result.accepted == 0) return result;

  // With duplicates in it the chunk would hold more memory than is counted.
  const bool keep_chunk = result.duplicates == 0;
  const auto trace =
      chunk.trace.has_value()
          ? std::make_shared<const base::TraceParent>(*chunk.trace)
          : nullptr;
  result.ticket.count = result.accepted;
  result.ticket.range.first = first_ + entries_.size();
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    if (!fresh[i]) continue;
    const Message& m = chunk.messages[i];
    result.ticket.range.last =
        Push({.json = keep_chunk ? chunk.json : CopyOf(chunk.track(m)),
              .message = keep_chunk ? m : Alone(m),
              .accepted_time = now,
              .trace = trace});
  }
  return result;
}

Sequence Lane::Push(Entry entry) {
  ++pending_;
  pending_bytes_ += entry.message.size_bytes;
  entries_.push_back(std::move(entry));
  return first_ + entries_.size() - 1;
}

Lane::Entry* Lane::Find(Sequence sequence) {
  if (sequence < first_ || sequence - first_ >= entries_.size()) return nullptr;
  Entry& entry = entries_[sequence - first_];
  return entry.pending ? &entry : nullptr;
}

void Lane::MakeDue(absl::Time now) {
  while (!deferred_.empty() && deferred_.begin()->first <= now) {
    returned_.insert(deferred_.begin()->second);
    deferred_.erase(deferred_.begin());
  }
  for (auto it = loans_.begin(); it != loans_.end();) {
    if (it->second.expires > now) {
      ++it;
      continue;
    }
    for (const Sequence sequence : it->second.sequences) {
      Entry& entry = *Find(sequence);
      entry.lease_id = 0;
      ++entry.attempts;  // Whoever had it probably tried.
      returned_.insert(sequence);
    }
    it = loans_.erase(it);
  }
}

Sequence Lane::NextDue() const {
  if (!returned_.empty()) return *returned_.begin();
  return untouched_ < first_ + entries_.size() ? untouched_ : 0;
}

Sequence Lane::NextDueIn(const Range& range) const {
  Sequence next = std::max(untouched_, range.first);
  if (next >= first_ + entries_.size()) next = range.last + 1;
  const auto returned = returned_.lower_bound(range.first);
  if (returned != returned_.end()) next = std::min(next, *returned);
  for (const auto& [due, sequence] : deferred_) {
    if (sequence >= range.first) next = std::min(next, sequence);
  }
  return next <= range.last ? next : 0;
}

void Lane::Lend(Sequence sequence) {
  // Those that are passed over were not lent, but stand among those that were.
  for (; untouched_ < sequence; ++untouched_) returned_.insert(untouched_);
  if (untouched_ == sequence) {
    ++untouched_;
  } else if (returned_.erase(sequence) == 0) {
    std::erase_if(deferred_,
                  [sequence](const auto& d) { return d.second == sequence; });
  }
}

absl::Time Lane::NextChange() const {
  absl::Time next = absl::InfiniteFuture();
  if (!deferred_.empty()) next = deferred_.begin()->first;
  for (const auto& [id, loan] : loans_) next = std::min(next, loan.expires);
  return next;
}

Lease Lane::Take(const TakeRequest& request, std::uint64_t lease_id,
                 absl::Time now) {
  MakeDue(now);
  Lease lease;
  Loan loan{.expires = now + request.lease, .sequences = {}};
  std::int64_t bytes = 0;
  const auto next_due = [&] {
    return request.only ? NextDueIn(*request.only) : NextDue();
  };
  for (Sequence next = next_due(); next != 0; next = next_due()) {
    Entry& entry = entries_[next - first_];
    bytes += entry.message.size_bytes + 1;
    const bool fits = bytes <= request.max_bytes &&
                      std::ssize(lease.messages) < request.max_messages &&
                      entry.attempts == lease.attempts;
    if (!lease.messages.empty() && !fits) {
      lease.more = true;
      break;
    }
    lease.attempts = entry.attempts;
    lease.messages.push_back({.sequence = next,
                              .id = IdOf(entry.json, entry.message),
                              .track = TrackOf(entry.json, entry.message),
                              .accepted_time = entry.accepted_time});
    if (entry.trace != nullptr) AddTrace(next, *entry.trace, lease);
    if (lease.storage.empty() ||
        lease.storage.back().view().data() != entry.json.view().data()) {
      lease.storage.push_back(entry.json);
    }
    entry.lease_id = lease_id;
    loan.sequences.insert(loan.sequences.end(), next);
    Lend(next);
  }
  if (!lease.messages.empty()) {
    lease.id = lease_id;
    loans_.emplace(lease_id, std::move(loan));
  }
  lease.next_due = NextChange();
  return lease;
}

absl::Status Lane::Renew(std::uint64_t lease_id, absl::Time expires,
                         absl::Time now) {
  const auto loan = loans_.find(lease_id);
  if (loan == loans_.end() || loan->second.expires <= now) {
    return base::MakeError(absl::StatusCode::kNotFound, "LEASE_EXPIRED",
                           "the loan has run out or is settled; take again");
  }
  loan->second.expires = expires;
  return absl::OkStatus();
}

void Lane::Settle(Entry& entry) {
  --pending_;
  pending_bytes_ -= entry.message.size_bytes;
  entry.pending = false;
  entry.json = Bytes();
  while (!entries_.empty() && !entries_.front().pending) {
    entries_.pop_front();
    ++first_;
  }
  untouched_ = std::max(untouched_, first_);
}

void Lane::Withdraw(Sequence sequence, const Entry& entry) {
  // Those that nobody was lent yet: as if this one had been.
  for (; untouched_ <= sequence; ++untouched_) returned_.insert(untouched_);
  if (entry.lease_id != 0) {
    const auto loan = loans_.find(entry.lease_id);
    loan->second.sequences.erase(sequence);
    if (loan->second.sequences.empty()) loans_.erase(loan);
  } else if (returned_.erase(sequence) == 0) {
    std::erase_if(deferred_, [sequence](const auto& deferred) {
      return deferred.second == sequence;
    });
  }
}

void Lane::Ack(const Settlement& settlement) {
  for (const Range& range : settlement.ranges) {
    for (Sequence s = std::max(range.first, first_);
         s <= range.last && s < first_ + entries_.size(); ++s) {
      Entry* entry = Find(s);
      if (entry == nullptr || s >= untouched_) continue;
      Withdraw(s, *entry);
      ++delivered_;
      Settle(*entry);
    }
  }
}

std::vector<Sequence> Lane::Recall(const Settlement& settlement) {
  std::vector<Sequence> recalled;
  const auto loan = loans_.find(settlement.lease_id);
  if (loan == loans_.end()) return recalled;
  absl::btree_set<Sequence>& lent = loan->second.sequences;
  for (const Range& range : settlement.ranges) {
    auto it = lent.lower_bound(range.first);
    while (it != lent.end() && *it <= range.last) {
      recalled.push_back(*it);
      it = lent.erase(it);
    }
  }
  if (lent.empty()) loans_.erase(loan);
  for (const Sequence sequence : recalled) Find(sequence)->lease_id = 0;
  return recalled;
}

void Lane::Defer(const Settlement& settlement, const Deferral& deferral,
                 absl::Time now) {
  MakeDue(now);
  for (const Sequence sequence : Recall(settlement)) {
    Find(sequence)->attempts += deferral.attempts;
    if (deferral.not_before <= now) {
      returned_.insert(sequence);
    } else {
      deferred_.emplace(deferral.not_before, sequence);
    }
  }
}

std::vector<Sequence> Lane::LentOf(const Settlement& settlement) const {
  std::vector<Sequence> lent;
  const auto loan = loans_.find(settlement.lease_id);
  if (loan == loans_.end()) return lent;
  const absl::btree_set<Sequence>& sequences = loan->second.sequences;
  for (const Range& range : settlement.ranges) {
    auto it = sequences.lower_bound(range.first);
    for (; it != sequences.end() && *it <= range.last; ++it) {
      lent.push_back(*it);
    }
  }
  return lent;
}

bool Lane::DeadLetter(const Settlement& settlement, const Death& death,
                      absl::Time now, std::int64_t max_bytes) {
  MakeDue(now);
  for (const Sequence sequence : LentOf(settlement)) {
    Entry& entry = *Find(sequence);
    const std::int64_t bytes = dead_letters_.bytes() + entry.message.size_bytes;
    // One letter alone pushes no other out, however large it is.
    if (bytes > max_bytes && !dead_letters_.empty()) return false;
    Recall({.lane = name_,
            .lease_id = settlement.lease_id,
            .ranges = {{sequence, sequence}}});
    dead_letters_.Add({
        .lane = name_,
        .sequence = sequence,
        .message_id = std::string(IdOf(entry.json, entry.message)),
        .reason = death.reason,
        .answer = death.answer.substr(0, kMaxAnswerBytes),
        .accepted_time = entry.accepted_time,
        .dead_time = now,
        .attempts = entry.attempts + death.attempts,
        .track = CopyOf(TrackOf(entry.json, entry.message)),
    });
    Settle(entry);
  }
  return true;
}

void Lane::Replay(std::uint64_t id, absl::Time now) {
  const queue::DeadLetter letter = dead_letters_.Remove(id);
  const auto at = letter.track.view().find(letter.message_id);
  Push({.json = letter.track,
        .message = {.offset = 0,
                    .size_bytes =
                        static_cast<std::uint32_t>(letter.track.size()),
                    .id_offset = static_cast<std::uint32_t>(at),
                    .id_size_bytes =
                        static_cast<std::uint32_t>(letter.message_id.size())},
        .accepted_time = now});
}

void Lane::Purge(std::uint64_t id) {
  dead_letters_.Remove(id);
  ++purged_;
}

void Lane::Expire(std::uint64_t id) {
  dead_letters_.Remove(id);
  ++dropped_;
}

DroppedLane Lane::DropAll() {
  DroppedLane dropped{.pending = pending_};
  while (!dead_letters_.empty()) {
    Purge(dead_letters_.oldest().id);
    ++dropped.dead_letters;
  }
  first_ += entries_.size();
  untouched_ = first_;
  entries_.clear();
  returned_.clear();
  deferred_.clear();
  loans_.clear();
  pending_ = 0;
  pending_bytes_ = 0;
  purged_ += dropped.pending;
  return dropped;
}

ErasedLane Lane::Erase(const EraseRequest& request, absl::Time now) {
  MakeDue(now);
  ErasedLane erased{.lane = name_};
  const Sequence end = first_ + entries_.size();
  for (Sequence s = first_; s < end; ++s) {
    Entry* const entry = Find(s);
    if (entry == nullptr ||
        !request.matches(TrackOf(entry->json, entry->message))) {
      continue;
    }
    ++erased.pending;
    erased.on_loan += entry->lease_id != 0 ? 1 : 0;
    if (request.dry_run) continue;
    Withdraw(s, *entry);
    ++purged_;
    Settle(*entry);
  }
  for (const std::uint64_t id : dead_letters_.Ids()) {
    const queue::DeadLetter& letter = dead_letters_.at(id);
    if (request.matches(letter.track.view())) {
      ++erased.dead_letters;
      if (!request.dry_run) Purge(id);
    } else if (request.answer_matches &&
               request.answer_matches(letter.answer)) {
      ++erased.answers;
      if (!request.dry_run) dead_letters_.EraseAnswer(id);
    }
  }
  return erased;
}

Progress Lane::GetProgress(const Ticket& ticket) const {
  Progress progress;
  const Range& range = ticket.range;
  for (Sequence s = std::max(range.first, first_);
       s <= range.last && s < first_ + entries_.size(); ++s) {
    progress.pending += entries_[s - first_].pending ? 1 : 0;
  }
  progress.dead = dead_letters_.CountIn(range);
  progress.delivered = ticket.count - progress.pending - progress.dead;
  return progress;
}

std::int64_t Lane::CountPendingUntil(absl::Time time) const {
  return std::count_if(entries_.begin(), entries_.end(),
                       [time](const Entry& entry) {
                         return entry.pending && entry.accepted_time <= time;
                       });
}

LaneStats Lane::stats() const {
  const std::int64_t expired = dead_letters_.counts().Of(kReasonExpired);
  return {.lane = name_,
          .accepted = accepted_,
          .delivered = delivered_,
          .pending = pending_,
          .dead = dead_letters_.count() - expired,
          .expired = expired + dropped_,
          .purged = purged_,
          .duplicates = duplicates_,
          .dead_letters = dead_letters_.count(),
          .pending_bytes = pending_bytes_,
          .dead_letter_bytes = dead_letters_.bytes(),
          .oldest_pending_time = entries_.empty()
                                     ? absl::InfiniteFuture()
                                     : entries_.front().accepted_time,
          .dead_letters_by_reason = dead_letters_.counts().All()};
}

}  // namespace segrid::queue::memory
