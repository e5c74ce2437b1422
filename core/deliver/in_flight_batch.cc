#include "core/deliver/in_flight_batch.h"

#include <algorithm>
#include <string>

namespace segrid::deliver {

void InFlightBatch::Choose(std::vector<std::size_t> messages,
                           SplitPoints& split_points) {
  messages_ = std::move(messages);
  if (split_points.empty()) {  // Nearly always.
    splitter = BatchSplitter(messages_.size());
    return;
  }
  std::vector<queue::Sequence> sequences;
  sequences.reserve(messages_.size());
  for (const std::size_t place : messages_) {
    sequences.push_back(lease_.messages[place].sequence);
  }
  splitter = BatchSplitter(messages_.size(), split_points.Take(sequences));
}

receivers::Batch InFlightBatch::BatchOf(const Piece& piece) const {
  receivers::Batch batch;
  batch.retry_count = lease_.attempts + piece.attempts;
  batch.tracks.reserve(piece.size());
  batch.ids.reserve(piece.size());
  for (std::size_t i = piece.begin; i < piece.end; ++i) {
    const queue::LeasedMessage& message = lease_.messages[messages_[i]];
    batch.tracks.push_back(message.track);
    batch.ids.push_back(message.id);
    batch.accepted_times.push_back(message.accepted_time);
  }
  batch.trace = TraceOf(piece);
  return batch;
}

std::vector<queue::Sequence> InFlightBatch::SequencesOf(
    const Piece& piece) const {
  std::vector<queue::Sequence> sequences;
  sequences.reserve(piece.size());
  for (std::size_t i = piece.begin; i < piece.end; ++i) {
    sequences.push_back(SequenceOf(i));
  }
  return sequences;
}

std::int64_t InFlightBatch::BytesOf(const Piece& piece) const {
  std::int64_t bytes = 0;
  for (std::size_t i = piece.begin; i < piece.end; ++i) {
    bytes += std::ssize(lease_.messages[messages_[i]].track) + 1;
  }
  return bytes;
}

absl::Time InFlightBatch::oldest() const {
  absl::Time oldest = absl::InfiniteFuture();
  for (const queue::LeasedMessage& message : lease_.messages) {
    oldest = std::min(oldest, message.accepted_time);
  }
  return oldest;
}

std::optional<base::TraceParent> InFlightBatch::TraceOf(
    const Piece& piece) const {
  const base::TraceParent* found = nullptr;
  auto message = messages_.begin() + static_cast<std::ptrdiff_t>(piece.begin);
  const auto end = messages_.begin() + static_cast<std::ptrdiff_t>(piece.end);
  for (const queue::TracedRange& traced : lease_.traces) {
    const auto sequence = [this](std::size_t place) {
      return lease_.messages[place].sequence;
    };
    while (message != end && sequence(*message) < traced.range.first) {
      ++message;
    }
    if (message == end) break;
    if (sequence(*message) > traced.range.last) continue;
    if (found == nullptr || traced.trace.sampled || !found->sampled) {
      found = &traced.trace;
    }
  }
  return found == nullptr ? std::nullopt : std::optional(*found);
}

queue::Settlement InFlightBatch::SettlementOf(
    std::string_view lane, const std::vector<std::size_t>& places) const {
  queue::Settlement settlement{.lane = std::string(lane),
                               .lease_id = lease_.id};
  for (const std::size_t place : places) {
    const queue::Sequence sequence = lease_.messages[place].sequence;
    auto& ranges = settlement.ranges;
    if (!ranges.empty() && ranges.back().last + 1 == sequence) {
      ranges.back().last = sequence;
    } else {
      ranges.push_back({sequence, sequence});
    }
  }
  return settlement;
}

}  // namespace segrid::deliver
