// The messages of a chunk as they are stored: a table, then their JSON in
// frames.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/base/trace_parent.h"
#include "core/queue/message.h"
#include "core/queue/rocksdb/frame.h"
#include "core/queue/rocksdb/lane.h"

namespace segrid::queue::rocksdb {

// Messages of a chunk that a traced call brought, by their places in it.
struct TracedPlaces {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  base::TraceParent trace{};
};

// The chunk's data that a body repeats, so that the records of the chunk
// and of its lane can be made anew from it. Not in format 1.
struct BodyOrigin {
  std::string_view lane{};  // Its name.
  std::uint64_t commit = 0;
  absl::Time accepted_time{};
  bool replayed = false;  // The messages were accepted before.
};

// Collects messages for one stored chunk. Their JSON is not copied until it is
// written: the views must live as long as this. Not thread-safe.
class BodyBuilder {
 public:
  // `json` is messages joined by commas, as many as are added by Add next.
  void AddJson(std::string_view json);
  // The same, packed before.
  void AddFrame(const Frame& frame);
  // A message of that JSON; `id_offset` counts from the message's beginning.
  void Add(std::uint32_t size_bytes, std::uint32_t id_offset,
           std::uint32_t id_size_bytes);
  // The last `messages` of them came with this call.
  void AddTrace(std::uint32_t messages, const base::TraceParent& trace);

  std::uint32_t count() const { return count_; }
  std::uint32_t bytes() const { return bytes_; }  // Bytes of JSON.

  // Packs what is full; Finish then has less to do.
  void PackFull();
  // Packs what is not and gives the stored value in parts, valid as long as
  // this; in format 1 without `origin`. Call once, at the end.
  std::vector<std::string_view> Finish(
      std::string_view key, const std::optional<BodyOrigin>& origin = {});

 private:
  // The content of one frame: loose JSON until it is packed.
  struct Piece {
    Frame packed{};
    std::size_t loose_begin = 0;
    std::size_t loose_end = 0;
    std::size_t loose_bytes = 0;  // With a comma behind each; 0: packed.
  };

  void Pack(Piece& piece);

  std::string head_;
  std::string table_;
  std::vector<TracedPlaces> traces_;
  std::string tail_;
  std::vector<std::string_view> loose_;
  std::vector<Piece> pieces_;
  std::vector<std::unique_ptr<char[]>> rooms_;  // Frames made here.
  std::uint32_t count_ = 0;
  std::uint32_t bytes_ = 0;
};

// A stored body of format 1 as one that says its origin.
std::string WithOrigin(std::string_view value, std::string_view key,
                       const BodyOrigin& origin);

// A stored chunk, read again.
class Body {
 public:
  // nullopt: it is damaged, or belongs to another key.
  static std::optional<Body> Parse(std::string_view value,
                                   std::string_view key);

  std::uint32_t count() const {
    return static_cast<std::uint32_t>(places_.size());
  }
  std::string_view track(std::size_t i) const {
    return storage_.view().substr(places_[i].offset, places_[i].size_bytes);
  }
  std::string_view id(std::size_t i) const {
    return storage_.view().substr(places_[i].id_offset,
                                  places_[i].id_size_bytes);
  }
  const Message& place(std::size_t i) const { return places_[i]; }
  const Ends& ends() const { return ends_; }
  const std::vector<TracedPlaces>& traces() const { return traces_; }
  // The memory that the views refer to.
  const Bytes& storage() const { return storage_; }
  // Nullopt: format 1. Its lane's name is a view of the value that was parsed.
  const std::optional<BodyOrigin>& origin() const { return origin_; }

 private:
  Bytes storage_;                // The messages' JSON joined by commas.
  std::vector<Message> places_;  // In the storage.
  Ends ends_;
  std::vector<TracedPlaces> traces_;  // Ascending.
  std::optional<BodyOrigin> origin_;
};

}  // namespace segrid::queue::rocksdb
