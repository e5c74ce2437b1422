// The books of a queue.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace segrid::queue {

// The number of dead letters of one reason.
struct ReasonCount {
  std::string reason{};  // See dead_letter.h.
  std::int64_t count = 0;

  friend bool operator==(const ReasonCount&, const ReasonCount&) = default;
};

// The ledger of one lane since its store was made. At any moment
// accepted = delivered + pending + dead + expired + purged.
struct LaneStats {
  std::string lane{};
  std::int64_t accepted = 0;
  std::int64_t delivered = 0;
  std::int64_t pending = 0;  // Lent out or not.
  std::int64_t dead = 0;     // Kept as dead letters, but for expired ones.
  // Dead because of their age (kept or not), lost by damage, or deleted from
  // the dead letters for their age.
  std::int64_t expired = 0;
  // Deleted because an operator said so: dead letters of any reason, pending
  // messages of a lane that was dropped, and what was erased.
  std::int64_t purged = 0;
  std::int64_t duplicates = 0;     // Not accepted: seen within the window.
  std::int64_t dead_letters = 0;   // Kept ones for any reason.
  std::int64_t pending_bytes = 0;  // JSON of the pending messages.
  std::int64_t dead_letter_bytes = 0;
  // When the oldest pending message was accepted. InfiniteFuture: none.
  absl::Time oldest_pending_time = absl::InfiniteFuture();
  // The kept dead letters of each reason that has any, by name; their sum is
  // `dead_letters`.
  std::vector<ReasonCount> dead_letters_by_reason{};
};

// Copies of the store that were made for safety, see rocksdb/backup.h.
struct BackupStats {
  // When the last good one was made, also by an earlier process.
  // InfinitePast: never.
  absl::Time last_time = absl::InfinitePast();
  std::int64_t last_bytes = 0;
  // Since the store was opened.
  std::int64_t done = 0;
  std::int64_t failed = 0;
  std::string last_error{};  // Of the last one, when it failed.
};

// What the lanes share.
struct StoreStats {
  std::int64_t bytes = 0;      // Of pending messages and dead letters.
  std::int64_t max_bytes = 0;  // The limit of `bytes`.
  std::int64_t dedup_ids = 0;  // Ids remembered.
  // How far back duplicates are recognised now. Shorter than configured when
  // the memory for ids was too small.
  absl::Duration dedup_window{};
  bool ready = true;  // False while Append cannot succeed.
  std::string not_ready_reason{};
  BackupStats backups{};
};

}  // namespace segrid::queue
