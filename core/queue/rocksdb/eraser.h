// Finds what is to be erased, and has it erased.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/queue/queue.h"
#include "core/queue/rocksdb/calls.h"
#include "core/queue/rocksdb/records.h"
#include "core/queue/rocksdb/shared.h"
#include "core/queue/rocksdb/writer.h"

namespace segrid::queue::rocksdb {

// One Queue::Erase. It reads all bodies and dead letters, a part at a time, and
// lets the writer settle and overwrite what matches; then it makes RocksDB
// write its files anew, because a value that was overwritten or deleted stays
// in the log and in older files until then.
//
// Ownership:     keeps references to all that it is given.
// Thread safety: none; the store goes on meanwhile.
// Blocking:      waits for the disk and for the writer.
class Eraser {
 public:
  Eraser(Shared& shared, Writer& writer, const EraseRequest& request)
      : shared_(shared), writer_(writer), request_(request) {}

  absl::StatusOr<Erased> Run();

 private:
  // The place in a lane from which on nothing was looked at yet.
  struct Place {
    std::string lane{};
    LaneId id = 0;
    Sequence body = 0;
    std::uint64_t letter = 0;
  };

  std::vector<Place> Lanes() const;
  // Erases in a lane until nothing more is found.
  absl::Status EraseLane(Place place, ErasedLane& erased);
  // Reads values of the lane in `family` from `from` on, until `found` is large
  // enough; `from` is then the next one. False: there are no more. `read` notes
  // what matches in the value of a number; its error ends the reading.
  using ReadValue = std::function<absl::Status(
      Sequence number, std::string_view key, std::string_view value)>;
  absl::StatusOr<bool> ReadPart(Family family, LaneId lane, Sequence& from,
                                const EraseCall& found,
                                const ReadValue& read) const;
  // Reads a part of the bodies, or of the letters, from `place` on, and notes
  // what matches. False: there are no more.
  absl::StatusOr<bool> ReadBodies(Place& place, EraseCall& found) const;
  absl::StatusOr<bool> ReadLetters(Place& place, EraseCall& found) const;
  // Whether the part is large enough.
  static bool IsEnough(std::int64_t bytes, const EraseCall& found);
  // Has what was found erased, and counts it.
  absl::Status EraseFound(EraseCall& found, ErasedLane& erased);
  absl::Status RewriteFiles() const;

  Shared& shared_;
  Writer& writer_;
  const EraseRequest& request_;
};

}  // namespace segrid::queue::rocksdb
