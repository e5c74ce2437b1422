#include "core/queue/rocksdb/dedup_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/crypto/sha256.h"

namespace segrid::queue::rocksdb {
namespace {

constexpr std::size_t kFirstPlaces = 32;
// Of the places of a part, at most so many tenths are taken.
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
  // The upper bits chose the part; the lower half spreads within it.
  return (id.low >> 32) * part.ids.size() >> 32;
}

std::size_t DedupTable::Find(const Part& part, const IdHash& id) {
  std::size_t at = HomeOf(part, id);
  while (part.times[at] != 0 && part.ids[at] != id) {
    if (++at == part.ids.size()) at = 0;
  }
  return at;
}

void DedupTable::Put(Part& part, const IdHash& id, Seconds time) {
  const std::size_t at = Find(part, id);
  part.ids[at] = id;
  part.times[at] = time;
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
  if (!part.ids.empty()) {
    const std::size_t at = Find(part, id);
    if (part.times[at] != 0) {
      if (part.times[at] >= start) return false;
      part.times[at] = std::max(part.times[at], second);
      return true;
    }
  }
  if (part.count + 1 > MaxCount(part.ids.size()) ||
      part.count >= max_part_ids_) {
    MakeRoom(part, ToSeconds(now));
  }
  Put(part, id, second);
  ++size_;
  return true;
}

void DedupTable::MakeRoom(Part& part, Seconds now) {
  const Seconds start = WindowStart(now);
  const auto old = static_cast<std::size_t>(
      std::count_if(part.times.begin(), part.times.end(),
                    [start](Seconds t) { return t != 0 && t < start; }));
  const std::size_t places = part.ids.size();
  if (old > part.count / 8) return Rebuild(part, places, start);
  if (part.count < max_part_ids_) {
    // A fifth more; what it makes at the end must hold max_part_ids_.
    const std::size_t most = (max_part_ids_ + 1) * 10 / kMaxTenths + 2;
    const std::size_t grown = std::max({kFirstPlaces, places + places / 5 + 1});
    return Rebuild(part, std::min(grown, std::max(most, kFirstPlaces)), start);
  }
  std::vector<Seconds> times;
  times.reserve(part.count);
  for (const Seconds time : part.times) {
    if (time != 0) times.push_back(time);
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
  Part rebuilt{std::vector<IdHash>(places), std::vector<Seconds>(places), 0};
  for (std::size_t i = 0; i < part.ids.size(); ++i) {
    if (part.times[i] == 0 || part.times[i] < forget_before) continue;
    Put(rebuilt, part.ids[i], part.times[i]);
  }
  part = std::move(rebuilt);
  size_ += static_cast<std::int64_t>(part.count);
}

void DedupTable::Prefetch(const IdHash& id) const {
  const Part& part = parts_[id.high >> 56];
  if (part.ids.empty()) return;
  const std::size_t home = HomeOf(part, id);
  __builtin_prefetch(&part.ids[home]);
  __builtin_prefetch(&part.times[home]);
}

void DedupTable::Erase(const IdHash& id) {
  Part& part = PartOf(id);
  if (part.ids.empty()) return;
  std::size_t hole = Find(part, id);
  if (part.times[hole] == 0) return;
  const std::size_t places = part.ids.size();
  // What stands behind the hole moves up unless it is nearer to its home.
  for (std::size_t at = (hole + 1) % places; part.times[at] != 0;
       at = (at + 1) % places) {
    const std::size_t home = HomeOf(part, part.ids[at]);
    if ((at + places - home) % places < (at + places - hole) % places) continue;
    part.ids[hole] = part.ids[at];
    part.times[hole] = part.times[at];
    hole = at;
  }
  part.times[hole] = 0;
  --part.count;
  --size_;
}

absl::Duration DedupTable::EffectiveWindow(absl::Time now) const {
  return std::min(window_, now - forgotten_until_);
}

std::int64_t DedupTable::memory_bytes() const {
  std::size_t bytes = sizeof(*this);
  for (const Part& part : parts_) {
    bytes += part.ids.capacity() * sizeof(IdHash) +
             part.times.capacity() * sizeof(Seconds);
  }
  return static_cast<std::int64_t>(bytes);
}

}  // namespace segrid::queue::rocksdb
