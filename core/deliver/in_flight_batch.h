// A batch on its way to the receiver.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/base/trace_parent.h"
#include "core/deliver/batch_splitter.h"
#include "core/deliver/split_points.h"
#include "core/queue/queue.h"
#include "core/receivers/receiver.h"

namespace segrid::deliver {

// A lease and what of it is still to be sent. A value; not thread-safe.
class InFlightBatch {
 public:
  // `now` is of base::Clock::Uptime().
  InFlightBatch(queue::Lease lease, absl::Duration now)
      : renewed_at(now), lease_(std::move(lease)) {}

  const queue::Lease& lease() const { return lease_; }

  // Chooses what to send: places in lease().messages, ascending. Once.
  void Choose(std::vector<std::size_t> messages, SplitPoints& split_points);

  // Whether a piece is less than all that was chosen.
  bool IsPart(const Piece& piece) const {
    return piece.size() < messages_.size();
  }
  // From its first message to its last.
  queue::Range RangeOf(const Piece& piece) const {
    return {SequenceOf(piece.begin), SequenceOf(piece.end - 1)};
  }

  // The messages of a piece, for the receiver.
  receivers::Batch BatchOf(const Piece& piece) const;

  // The traced call that a request with this piece is made for. One request has
  // one header: of several calls the newest counts, and a sampled one before
  // the others, for it is what somebody looks at.
  std::optional<base::TraceParent> TraceOf(const Piece& piece) const;

  // The places of a piece's messages in lease().messages.
  std::vector<std::size_t> PlacesOf(const Piece& piece) const {
    const auto begin = messages_.begin();
    return {begin + static_cast<std::ptrdiff_t>(piece.begin),
            begin + static_cast<std::ptrdiff_t>(piece.end)};
  }

  // A settlement of the messages at `places`, ascending, of the lease.
  queue::Settlement SettlementOf(std::string_view lane,
                                 const std::vector<std::size_t>& places) const;

  // Returns the message of a piece that has one.
  const queue::LeasedMessage& MessageOf(const Piece& piece) const {
    return lease_.messages[messages_[piece.begin]];
  }
  std::vector<queue::Sequence> SequencesOf(const Piece& piece) const;
  // The messages' JSON, each with one byte for its comma.
  std::int64_t BytesOf(const Piece& piece) const;
  // When the oldest message of the lease was accepted; there is one.
  absl::Time oldest() const;

  BatchSplitter splitter{0};
  absl::Duration renewed_at;
  // Calls to the receiver and the queue that have not been answered.
  int busy = 0;
  // One single message of each eighth was put first.
  bool sampled = false;
  // A part of it was too large; what was taken since then.
  bool too_large = false;
  std::int64_t largest_taken = 0;
  // The next piece is a single message, to be sent without compression.
  bool plain_next = false;

 private:
  queue::Sequence SequenceOf(std::size_t chosen) const {
    return lease_.messages[messages_[chosen]].sequence;
  }

  const queue::Lease lease_;
  std::vector<std::size_t> messages_;
};

}  // namespace segrid::deliver
