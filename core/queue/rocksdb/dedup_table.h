// Which message ids were accepted lately, in 32 bytes of memory each.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace segrid::queue::rocksdb {

// 128 bits of the SHA-256 of lane and id: equal only for equal ids.
struct IdHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend bool operator==(const IdHash&, const IdHash&) = default;
};

// Hashes the `id` of a message of `lane`. The same on every machine: it is
// stored.
IdHash HashId(std::string_view lane, std::string_view id);

// The ids of the last `window`, or as many as `max_ids`: the oldest are
// forgotten first, about a sixteenth at a time, and the window then is shorter
// than asked for. Times have a resolution of 1 s, in favour of remembering.
//
// An open-addressing table in 256 parts which grow one at a time, so that
// neither memory nor time has a peak. To look for an id that is not there, the
// usual case, takes one or two reads of memory. Not thread-safe.
class DedupTable {
 public:
  // Memory of an id: 20 bytes at a load between 0.66 and 0.8, and the spare
  // copy of the part that is growing.
  static constexpr std::int64_t kMaxBytesPerId = 32;

  DedupTable(absl::Duration window, std::int64_t max_ids);

  // Remembers `id` as accepted at `time`; false when it is remembered already
  // and no older than the window at `now`.
  bool Insert(const IdHash& id, absl::Time time, absl::Time now);

  // Brings the place of `id` near the processor, for an Insert that follows.
  void Prefetch(const IdHash& id) const;

  // Forgets an id that was inserted just now.
  void Erase(const IdHash& id);

  // How far back duplicates are recognised at `now`.
  absl::Duration EffectiveWindow(absl::Time now) const;

  // Everything accepted until then may be forgotten: for lack of memory.
  absl::Time forgotten_until() const { return forgotten_until_; }
  void set_forgotten_until(absl::Time time) { forgotten_until_ = time; }

  // Ids in the table, among them some that are older than the window.
  std::int64_t size() const { return size_; }
  std::int64_t memory_bytes() const;

 private:
  using Seconds = std::uint32_t;  // Since 1970; 0: an empty place.
  // The part that a search compares first, and when the id was accepted.
  struct Tag {
    Seconds time = 0;
    std::uint32_t bits = 0;  // The lowest 32 of the id.
  };
  // The other 96.
  using Rest = std::array<std::uint32_t, 3>;
  struct Part {
    std::vector<Tag> tags;
    std::vector<Rest> rests;
    std::size_t count = 0;
  };

  Part& PartOf(const IdHash& id) { return parts_[id.high >> 56]; }
  static IdHash IdAt(const Part& part, std::size_t place);
  static std::size_t HomeOf(const Part& part, const IdHash& id);
  // The place of `id`, or the empty place where it belongs.
  static std::size_t Find(const Part& part, const IdHash& id);
  static void PutAt(Part& part, std::size_t at, const IdHash& id, Seconds time);
  // Makes room for one more: forgets what is too old, grows, or forgets the
  // oldest.
  void MakeRoom(Part& part, Seconds now);
  void Rebuild(Part& part, std::size_t places, Seconds forget_before);
  Seconds WindowStart(Seconds now) const;

  const absl::Duration window_;
  const std::size_t max_part_ids_;
  std::array<Part, 256> parts_;
  std::int64_t size_ = 0;
  absl::Time forgotten_until_ = absl::InfinitePast();
};

}  // namespace segrid::queue::rocksdb
