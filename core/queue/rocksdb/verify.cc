#include "core/queue/rocksdb/verify.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/body.h"
#include "core/queue/rocksdb/records.h"

namespace segrid::queue::rocksdb {
namespace {

// The body of a chunk if it is what `record` says.
std::optional<Body> ReadBody(const Database& database, const Lane& lane,
                             Sequence first, const ChunkRecord& record) {
  const std::string key = SequenceKey(lane.id(), first);
  auto value = database.Get(Family::kBodies, key);
  if (!value.ok() || !value->has_value()) return std::nullopt;
  std::optional<Body> body = Body::Parse(**value, key);
  if (!body.has_value() || body->count() != record.info.count ||
      body->ends()->back() != record.info.bytes) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < record.ids.size(); ++i) {
    if (HashId(lane.name(), body->id(i)) != record.ids[i]) return std::nullopt;
  }
  return body;
}

// JSON bytes of a part of a chunk.
std::int64_t BytesOf(const Body& body, Sequence first, Range part) {
  std::int64_t bytes = 0;
  for (Sequence s = part.first; s <= part.last; ++s) {
    bytes += body.place(s - first).size_bytes;
  }
  return bytes;
}

class LaneVerifier {
 public:
  LaneVerifier(const Database& database, Lane& lane,
               std::vector<Damage>& damages, Verified& verified)
      : database_(database),
        lane_(lane),
        damages_(damages),
        verified_(verified) {}

  absl::Status Run() {
    if (lane_.chunks().empty()) return Finish();
    SEGRID_RETURN_IF_ERROR(database_.ForEach(
        Family::kChunks, SequenceKey(lane_.id(), lane_.oldest_chunk()),
        [this](std::string_view key, std::string_view value) {
          const auto place = ParseSequenceKey(key);
          if (!place.has_value() || place->first != lane_.id()) return false;
          const auto record = ParseChunk(value, key);
          // LoadBooks noted the records that cannot be read.
          if (record.has_value() && lane_.chunks().contains(place->second)) {
            Look(place->second, *record);
          }
          return true;
        }));
    return Finish();
  }

 private:
  void Look(Sequence first, const ChunkRecord& record) {
    const Range whole{first, first + record.info.count - 1};
    const std::vector<Range> pending = lane_.PendingIn({whole});
    const std::optional<Body> body = ReadBody(database_, lane_, first, record);
    ++verified_.chunks;
    for (const Range& part : pending) {
      const auto count = static_cast<std::int64_t>(part.last - part.first + 1);
      if (body.has_value()) {
        verified_.messages += count;
        bytes_ += BytesOf(*body, first, part);
        continue;
      }
      damages_.push_back({.lane = lane_.name(),
                          .range = part,
                          .what = absl::StrCat("messages ", part.first, " to ",
                                               part.last, " cannot be read"),
                          .family = Family::kBodies,
                          .key = SequenceKey(lane_.id(), first)});
      lost_ = true;
    }
  }

  absl::Status Finish() {
    // Where messages are lost, nobody knows how large they were.
    if (!lost_ && bytes_ != lane_.ledger.pending_bytes) {
      damages_.push_back(
          {.lane = lane_.name(),
           .what = absl::StrCat("the pending messages have ", bytes_,
                                " bytes, the ledger says ",
                                lane_.ledger.pending_bytes)});
    }
    lane_.ledger.pending_bytes = bytes_;
    return absl::OkStatus();
  }

  const Database& database_;
  Lane& lane_;
  std::vector<Damage>& damages_;
  Verified& verified_;
  std::int64_t bytes_ = 0;
  bool lost_ = false;
};

}  // namespace

absl::Status VerifyBodies(const Database& database, Books& books,
                          std::vector<Damage>& damages, Verified& verified) {
  for (const auto& [name, book] : books.lanes) {
    SEGRID_RETURN_IF_ERROR(
        LaneVerifier(database, book->lane, damages, verified).Run());
  }
  return absl::OkStatus();
}

}  // namespace segrid::queue::rocksdb
