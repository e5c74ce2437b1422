#include "core/queue/rocksdb/dedup_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/crypto/sha256.h"

namespace segrid::queue::rocksdb {
namespace {

constexpr std::size_t kFirstPlaces = 32;
// At most so many tenths of a part's places are taken.
constexpr std::size_t kMaxTenths = 8;

std::size_t MaxCount(std::size_t places) { return places * kMaxTenths / 10; }

std::uint32_t ToSeconds(absl::Time time) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(
      absl::ToUnixSeconds(time), 1, std::int64_t{0xFFFFFFFF}));
}

}  // namespace

IdHash HashId(std::string_view lane, std::string_view id) {
  thread_local crypto::Sha256 sha256;
  sha256.Start();
  sha256.Update(lane);
  sha256.Update(std::string_view("", 1));
  sha256.Update(id);
  const crypto::Sha256::Digest digest = sha256.Finish();
  IdHash hash;
  std::memcpy(&hash.high, digest.data(), 8);
  std::memcpy(&hash.low, digest.data() + 8, 8);
  return hash;
}

DedupTable::DedupTable(absl::Duration window, std::int64_t max_ids)
    : window_(window),
      max_part_ids_(
          static_cast<std::size_t>(std::max<std::int64_t>(max_ids / 256, 16))) {
}

std::size_t DedupTable::HomeOf(const Part& part, const IdHash& id) {
  // The upper bits chose the part; the upper bits of the lower half spread
  // within it.
  return (id.low >> 32) * part.tags.size() >> 32;
}

IdHash DedupTable::IdAt(const Part& part, std::size_t place) {
  const Rest& rest = part.rests[place];
  return {std::uint64_t{rest[0]} << 32 | rest[1],
          std::uint64_t{rest[2]} << 32 | part.tags[place].bits};
}

std::size_t DedupTable::Find(const Part& part, const IdHash& id) {
  const auto bits = static_cast<std::uint32_t>(id.low);
  std::size_t at = HomeOf(part, id);
  while (part.tags[at].time != 0 &&
         (part.tags[at].bits != bits || IdAt(part, at) != id)) {
    if (++at == part.tags.size()) at = 0;
  }
  return at;
}

void DedupTable::PutAt(Part& part, std::size_t at, const IdHash& id,
                       Seconds time) {
  part.tags[at] = {time, static_cast<std::uint32_t>(id.low)};
  part.rests[at] = {static_cast<std::uint32_t>(id.high >> 32),
                    static_cast<std::uint32_t>(id.high),
                    static_cast<std::uint32_t>(id.low >> 32)};
  ++part.count;
}

DedupTable::Seconds DedupTable::WindowStart(Seconds now) const {
  // One second more, for what was rounded down.
  const std::int64_t start =
      std::int64_t{now} - absl::ToInt64Seconds(window_) - 1;
  return static_cast<Seconds>(std::max<std::int64_t>(start, 0));
}

bool DedupTable::Insert(const IdHash& id, absl::Time time, absl::Time now) {
  Part& part = PartOf(id);
  const Seconds second = ToSeconds(time);
  const Seconds start = WindowStart(ToSeconds(now));
  std::size_t at = 0;
  if (!part.tags.empty()) {
    at = Find(part, id);
    Seconds& known = part.tags[at].time;
    if (known != 0) {
      if (known >= start) return false;
      known = std::max(known, second);
      return true;
    }
  }
  if (part.count + 1 > MaxCount(part.tags.size()) ||
      part.count >= max_part_ids_) {
    MakeRoom(part, ToSeconds(now));
    at = Find(part, id);
  }
  PutAt(part, at, id, second);
  ++size_;
  return true;
}

void DedupTable::MakeRoom(Part& part, Seconds now) {
  const Seconds start = WindowStart(now);
  const auto old = static_cast<std::size_t>(std::count_if(
      part.tags.begin(), part.tags.end(),
      [start](const Tag& t) { return t.time != 0 && t.time < start; }));
  const std::size_t places = part.tags.size();
  if (old > part.count / 8) return Rebuild(part, places, start);
  if (part.count < max_part_ids_) {
    // A fifth more; what it makes at the end must hold max_part_ids_.
    const std::size_t most = (max_part_ids_ + 1) * 10 / kMaxTenths + 2;
    const std::size_t grown = std::max({kFirstPlaces, places + places / 5 + 1});
    return Rebuild(part, std::min(grown, std::max(most, kFirstPlaces)), start);
  }
  std::vector<Seconds> times;
  times.reserve(part.count);
  for (const Tag& tag : part.tags) {
    if (tag.time != 0) times.push_back(tag.time);
  }
  const auto sixteenth = times.begin() + std::ssize(times) / 16;
  std::nth_element(times.begin(), sixteenth, times.end());
  forgotten_until_ =
      std::max(forgotten_until_, absl::FromUnixSeconds(*sixteenth + 1));
  Rebuild(part, places, *sixteenth + 1);
}

void DedupTable::Rebuild(Part& part, std::size_t places,
                         Seconds forget_before) {
  size_ -= static_cast<std::int64_t>(part.count);
  Part rebuilt{std::vector<Tag>(places), std::vector<Rest>(places), 0};
  for (std::size_t i = 0; i < part.tags.size(); ++i) {
    const Seconds time = part.tags[i].time;
    if (time == 0 || time < forget_before) continue;
    const IdHash id = IdAt(part, i);
    PutAt(rebuilt, Find(rebuilt, id), id, time);
  }
  part = std::move(rebuilt);
  size_ += static_cast<std::int64_t>(part.count);
}

void DedupTable::Prefetch(const IdHash& id) const {
  const Part& part = parts_[id.high >> 56];
  if (part.tags.empty()) return;
  __builtin_prefetch(&part.tags[HomeOf(part, id)], 1);
}

void DedupTable::Erase(const IdHash& id) {
  Part& part = PartOf(id);
  if (part.tags.empty()) return;
  std::size_t hole = Find(part, id);
  if (part.tags[hole].time == 0) return;
  const std::size_t places = part.tags.size();
  // An entry behind the hole moves up unless it is nearer to its home.
  for (std::size_t at = (hole + 1) % places; part.tags[at].time != 0;
       at = (at + 1) % places) {
    const std::size_t home = HomeOf(part, IdAt(part, at));
    if ((at + places - home) % places < (at + places - hole) % places) continue;
    part.tags[hole] = part.tags[at];
    part.rests[hole] = part.rests[at];
    hole = at;
  }
  part.tags[hole].time = 0;
  --part.count;
  --size_;
}

absl::Duration DedupTable::EffectiveWindow(absl::Time now) const {
  // The clock may have gone back.
  return std::clamp(now - forgotten_until_, absl::ZeroDuration(), window_);
}

std::int64_t DedupTable::memory_bytes() const {
  std::size_t bytes = sizeof(*this);
  for (const Part& part : parts_) {
    bytes += part.tags.capacity() * sizeof(Tag) +
             part.rests.capacity() * sizeof(Rest);
  }
  return static_cast<std::int64_t>(bytes);
}

}  // namespace segrid::queue::rocksdb
