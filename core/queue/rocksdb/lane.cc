#include "core/queue/rocksdb/lane.h"

#include <algorithm>
#include <iterator>

#include "core/base/error_info.h"

namespace segrid::queue::rocksdb {
namespace {

constexpr Range kAll{1, ~Sequence{0} - 1};

}  // namespace

void Lane::AddChunk(Sequence first, const ChunkInfo& info) {
  chunks_.emplace_hint(chunks_.end(), first, info);
  next_ = first + info.count;
  pending_ += static_cast<std::int64_t>(next_ - std::max(first, cursor()));
}

void Lane::RestoreGone(Range range) {
  spans_.Extend(range.last + 1);
  const std::vector<Range> ranges = PendingIn({range});
  const std::int64_t bytes = ledger.pending_bytes;
  Settle(ranges);
  ledger.pending_bytes = bytes;  // As stored: it knew already.
}

void Lane::MakeDue(absl::Time now) {
  std::vector<std::pair<Range, Span>> due;
  spans_.ForEach([&](Range range, const Span& span) {
    if (span.state == Span::State::kDeferred && span.due <= now) {
      due.emplace_back(range, Span{.attempts = span.attempts});
    } else if (span.state == Span::State::kLent &&
               loans_.at(span.lease_id) <= now) {
      // Whoever had it probably tried.
      due.emplace_back(range, Span{.attempts = span.attempts + 1});
    }
  });
  for (const auto& [range, span] : due) spans_.Set(range, span);
  std::erase_if(loans_, [now](const auto& loan) { return loan.second <= now; });
}

std::optional<DueRun> Lane::NextDue() const {
  if (const auto due = spans_.FirstDue()) {
    return RunOf(due->first, due->second.attempts);
  }
  if (spans_.end() >= next_) return std::nullopt;
  return RunOf({spans_.end(), next_ - 1}, 0);
}

std::optional<DueRun> Lane::NextDueIn(const Range& range) const {
  std::optional<std::pair<Range, Span>> found;
  spans_.ForEach([&](Range part, const Span& span) {
    part = {std::max(part.first, range.first), std::min(part.last, range.last)};
    const bool is_due =
        span.state == Span::State::kDue || span.state == Span::State::kDeferred;
    if (!found && is_due && part.first <= part.last) found = {part, span};
  });
  if (found) return RunOf(found->first, found->second.attempts);
  const Range untouched{std::max(spans_.end(), range.first),
                        std::min(next_ - 1, range.last)};
  if (untouched.first > untouched.last) return std::nullopt;
  return RunOf(untouched, 0);
}

DueRun Lane::RunOf(const Range& range, std::int32_t attempts) const {
  const auto chunk = Holder(range.first);
  DueRun run{.range = range,
             .attempts = attempts,
             .chunk = chunk->first,
             .info = chunk->second};
  run.range.last =
      std::min(run.range.last, chunk->first + chunk->second.count - 1);
  return run;
}

void Lane::Lend(const DueRun& run, std::uint64_t lease_id, Ends ends) {
  spans_.Extend(run.range.last + 1);
  spans_.Set(run.range, {.state = Span::State::kLent,
                         .attempts = run.attempts,
                         .lease_id = lease_id});
  ends_[run.chunk] = std::move(ends);
}

void Lane::AddLoan(std::uint64_t lease_id, absl::Time expires) {
  loans_[lease_id] = expires;
}

absl::Status Lane::Renew(std::uint64_t lease_id, absl::Time expires,
                         absl::Time now) {
  const auto loan = loans_.find(lease_id);
  if (loan == loans_.end() || loan->second <= now) {
    return base::MakeError(absl::StatusCode::kNotFound, "LEASE_EXPIRED",
                           "the loan has run out or is settled; take again");
  }
  loan->second = expires;
  return absl::OkStatus();
}

void Lane::Defer(const Settlement& settlement, const Deferral& deferral,
                 absl::Time now) {
  MakeDue(now);
  for (const Range& range : LentIn(settlement.ranges, settlement.lease_id)) {
    std::vector<std::pair<Range, std::int32_t>> parts;
    spans_.ForEach([&](Range part, const Span& span) {
      part = {std::max(part.first, range.first),
              std::min(part.last, range.last)};
      if (part.first <= part.last) parts.emplace_back(part, span.attempts);
    });
    const bool later = deferral.not_before > now;
    for (const auto& [part, attempts] : parts) {
      spans_.Set(part,
                 {.state = later ? Span::State::kDeferred : Span::State::kDue,
                  .attempts = attempts + deferral.attempts,
                  .due = later ? deferral.not_before : absl::InfinitePast()});
    }
  }
  DropLoanIfEmpty(settlement.lease_id);
}

absl::Time Lane::NextChange() const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& [id, expires] : loans_) next = std::min(next, expires);
  spans_.ForEach([&next](Range, const Span& span) {
    if (span.state == Span::State::kDeferred) next = std::min(next, span.due);
  });
  return next;
}

std::vector<Range> Lane::PendingIn(const std::vector<Range>& ranges) {
  std::vector<Range> pending;
  for (Range range : Normalized(ranges)) {
    range.first = std::max(range.first, cursor());
    range.last = std::min(range.last, next_ - 1);
    if (range.first > range.last) continue;
    spans_.Extend(range.last + 1);
    const auto parts = spans_.Select(range, [](const Span& span) {
      return span.state != Span::State::kGone;
    });
    pending.insert(pending.end(), parts.begin(), parts.end());
  }
  return pending;
}

std::vector<Range> Lane::LentIn(const std::vector<Range>& ranges,
                                std::uint64_t lease_id) const {
  std::vector<Range> lent;
  for (const Range& range : Normalized(ranges)) {
    const auto parts = spans_.Select(range, [lease_id](const Span& span) {
      return span.state == Span::State::kLent && span.lease_id == lease_id;
    });
    lent.insert(lent.end(), parts.begin(), parts.end());
  }
  return lent;
}

std::int64_t Lane::CountLent(const std::vector<Range>& ranges) const {
  std::int64_t count = 0;
  for (const Range& range : ranges) {
    for (const Range& lent : spans_.Select(range, [](const Span& span) {
           return span.state == Span::State::kLent;
         })) {
      count += static_cast<std::int64_t>(lent.last - lent.first + 1);
    }
  }
  return count;
}

Lane::Chunks::const_iterator Lane::Holder(Sequence sequence) const {
  return std::prev(chunks_.upper_bound(sequence));
}

std::pair<Sequence, ChunkInfo> Lane::ChunkOf(Sequence sequence) const {
  return *Holder(sequence);
}

std::vector<Sequence> Lane::ChunksToMeasure(
    const std::vector<Range>& ranges) const {
  std::vector<Sequence> unknown;
  for (const Range& range : ranges) {
    for (auto chunk = Holder(range.first);
         chunk != chunks_.end() && chunk->first <= range.last; ++chunk) {
      const Sequence last = chunk->first + chunk->second.count - 1;
      const bool whole = chunk->first >= range.first && last <= range.last;
      if (!whole && !ends_.contains(chunk->first)) {
        unknown.push_back(chunk->first);
      }
    }
  }
  return unknown;
}

std::int64_t Lane::BytesOf(Chunks::const_iterator chunk, Range part) const {
  if (part.last - part.first + 1 == chunk->second.count) {
    return chunk->second.bytes;
  }
  const auto ends = ends_.find(chunk->first);
  if (ends == ends_.end()) return 0;
  const auto before = part.first - chunk->first;
  return std::int64_t{(*ends->second)[part.last - chunk->first]} -
         (before == 0 ? 0 : std::int64_t{(*ends->second)[before - 1]});
}

bool Lane::IsGone(Range range) const {
  if (range.last < cursor()) return true;
  range.first = std::max(range.first, cursor());
  if (range.last >= spans_.end()) return false;
  return spans_
      .Select(range,
              [](const Span& s) { return s.state != Span::State::kGone; })
      .empty();
}

Settled Lane::Settle(const std::vector<Range>& ranges) {
  Settled settled;
  for (const Range& range : ranges) {
    auto chunk = Holder(range.first);
    spans_.Set(range, {.state = Span::State::kGone});
    while (chunk != chunks_.end() && chunk->first <= range.last) {
      const Range whole{chunk->first, chunk->first + chunk->second.count - 1};
      const Range part{std::max(whole.first, range.first),
                       std::min(whole.last, range.last)};
      settled.count += static_cast<std::int64_t>(part.last - part.first + 1);
      ledger.pending_bytes -= BytesOf(chunk, part);
      if (!IsGone(whole)) {
        ++chunk;
        continue;
      }
      settled.chunks.push_back(chunk->first);
      ends_.erase(chunk->first);
      chunk = chunks_.erase(chunk);
    }
  }
  pending_ -= settled.count;
  std::vector<std::uint64_t> loans;
  for (const auto& [id, expires] : loans_) loans.push_back(id);
  for (const std::uint64_t id : loans) DropLoanIfEmpty(id);
  return settled;
}

Settled Lane::SettleAll() {
  Settled settled = Settle(PendingIn({kAll}));
  ledger.pending_bytes = 0;
  return settled;
}

void Lane::DropLoanIfEmpty(std::uint64_t lease_id) {
  if (LentIn({kAll}, lease_id).empty()) loans_.erase(lease_id);
}

Progress Lane::GetProgress(const Ticket& ticket) const {
  Progress progress;
  const Range range{std::max(ticket.range.first, cursor()),
                    std::min(ticket.range.last, next_ - 1)};
  if (range.first <= range.last) {
    progress.pending = static_cast<std::int64_t>(range.last - range.first + 1);
    for (const Range& gone : spans_.Select(range, [](const Span& span) {
           return span.state == Span::State::kGone;
         })) {
      progress.pending -= static_cast<std::int64_t>(gone.last - gone.first + 1);
    }
  }
  progress.dead = dead_letters.CountIn(ticket.range);
  progress.delivered = ticket.count - progress.pending - progress.dead;
  return progress;
}

std::int64_t Lane::CountPendingUntil(absl::Time time) const {
  std::int64_t count = 0;
  std::vector<Range> old;
  for (const auto& [first, info] : chunks_) {
    if (info.accepted_time > time) continue;
    count += info.count;
    old.push_back({first, first + info.count - 1});
  }
  for (const Range& range : Normalized(std::move(old))) {
    // Those below the cursor are gone, and nobody says so any more.
    if (range.first < cursor()) {
      count -= static_cast<std::int64_t>(cursor() - range.first);
    }
    for (const Range& gone : spans_.Select(range, [](const Span& span) {
           return span.state == Span::State::kGone;
         })) {
      count -= static_cast<std::int64_t>(gone.last - gone.first + 1);
    }
  }
  return count;
}

LaneStats Lane::stats() const {
  const std::int64_t expired = dead_letters.counts().Of(kReasonExpired);
  return {.lane = name_,
          .accepted = ledger.accepted,
          .delivered = ledger.delivered,
          .pending = pending_,
          .dead = dead_letters.count() - expired,
          .expired = expired + ledger.dropped - ledger.purged,
          .purged = ledger.purged,
          .duplicates = ledger.duplicates,
          .dead_letters = dead_letters.count(),
          .pending_bytes = ledger.pending_bytes,
          .dead_letter_bytes = dead_letters.bytes(),
          .oldest_pending_time = chunks_.empty()
                                     ? absl::InfiniteFuture()
                                     : chunks_.begin()->second.accepted_time,
          .dead_letters_by_reason = dead_letters.counts().All()};
}

}  // namespace segrid::queue::rocksdb
