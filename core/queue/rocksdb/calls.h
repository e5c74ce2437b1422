// The calls that wait for the store's thread.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "core/queue/queue.h"
#include "core/queue/rocksdb/dedup_table.h"
#include "core/queue/rocksdb/frame.h"

namespace segrid::queue::rocksdb {

using CountDone = std::function<void(absl::StatusOr<std::int64_t>)>;

struct AppendCall {
  AppendBatch batch{};
  std::vector<std::vector<IdHash>> ids{};  // For each message of `batch`.
  std::vector<PackedChunk> packed{};       // For each chunk of `batch`.
  Queue::AppendDone done{};
  absl::StatusOr<AppendResult> result{};
};

struct AckCall {
  Settlement settlement{};
  Queue::Done done{};
  absl::Status result{};
};

struct DeadLetterCall {
  Settlement settlement{};
  Death death{};
  Queue::Done done{};
  absl::Status result{};
};

struct ReplayCall {
  DeadLetterFilter filter{};
  CountDone done{};
  absl::StatusOr<std::int64_t> result{};
};

struct PurgeCall {
  DeadLetterFilter filter{};
  CountDone done{};
  absl::StatusOr<std::int64_t> result{};
};

struct DropCall {
  std::string lane{};
  std::function<void(absl::StatusOr<DroppedLane>)> done{};
  absl::StatusOr<DroppedLane> result{};
};

// Erases what was found in a lane: see Eraser.
struct EraseCall {
  struct InChunk {
    Sequence first = 0;                   // The chunk's.
    std::vector<std::uint32_t> places{};  // In it, ascending.
  };
  std::string lane{};
  bool dry_run = false;
  std::vector<InChunk> chunks{};
  std::vector<std::uint64_t> letters{};
  std::vector<std::uint64_t> answers{};  // The letters stay.
  std::function<void(absl::StatusOr<ErasedLane>)> done{};
  absl::StatusOr<ErasedLane> result{};
};

using Call = std::variant<AppendCall, AckCall, DeadLetterCall, ReplayCall,
                          PurgeCall, DropCall, EraseCall>;

// Whether the call builds upon what commits before it published, so that it
// waits for them.
bool WaitsForCommits(const Call& call);
// JSON bytes that a call brings along.
std::int64_t BytesOf(const Call& call);
// Makes the call's answer an error.
void Fail(Call& call, const absl::Status& error);
// Gives the call its answer.
void Answer(Call& call);

}  // namespace segrid::queue::rocksdb
