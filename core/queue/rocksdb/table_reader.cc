#include "core/queue/rocksdb/table_reader.h"

#include <lz4.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "core/queue/rocksdb/varint_reader.h"

namespace segrid::queue::rocksdb {
namespace {

// The format of RocksDB's block-based tables, version 5.
constexpr std::uint64_t kMagic = 0x88e241b785f4cff7ULL;
constexpr std::size_t kTrailerBytes = 5;  // A block's: kind u8, checksum u32.
constexpr char kPlain = 0;
constexpr char kLz4 = 4;
// A key ends with (sequence << 8 | kind) u64.
constexpr std::size_t kKeyTrailerBytes = 8;
constexpr unsigned char kDeletion = 0;
constexpr unsigned char kPut = 1;
// Larger is damage.
constexpr std::uint64_t kMaxKeyBytes = 512;
constexpr std::uint64_t kMaxBlockBytes = 64 << 20;

template <class Integer>
Integer Load(std::string_view bytes, std::size_t at) {
  Integer value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

// The entries of one block, or of anything that may hold some.
class EntryReader {
 public:
  EntryReader(std::string_view bytes, const VisitTableEntry& visit)
      : bytes_(bytes), visit_(visit) {}

  // Reads a block without its trailer. False: some of it is damaged.
  bool ReadBlock() {
    std::size_t end = bytes_.size();
    if (end >= 4) {
      const std::uint64_t restarts = Load<std::uint32_t>(bytes_, end - 4);
      if ((restarts + 1) * 4 <= end) end -= (restarts + 1) * 4;
    }
    bool whole = true;
    std::optional<std::size_t> doubtful;
    for (std::size_t at = 0; at < end;) {
      const std::optional<std::size_t> next = ReadOne(at, end);
      if (next.has_value() && sound_) {
        doubtful.reset();
        in_order_ = true;
        at = *next;
        continue;
      }
      whole = false;
      // A value may be all that is wrong: the next entry tells.
      if (next.has_value() && !doubtful.has_value()) {
        doubtful = at;
        in_order_ = false;
        at = *next;
        continue;
      }
      const auto found = Find(doubtful.value_or(at) + 1, end);
      if (!found.has_value()) break;
      doubtful.reset();
      at = *found;
    }
    return whole;
  }

  // Looks for entries everywhere.
  void ReadAnything() {
    for (std::size_t at = 0; at < bytes_.size();) {
      const auto found = Find(at, bytes_.size());
      if (!found.has_value()) return;
      at = *found;
    }
  }

 private:
  // Where the entry at `at` ends; nullopt: there is none. Sets sound_ and key_.
  std::optional<std::size_t> ReadOne(std::size_t at, std::size_t end) {
    sound_ = false;
    VarintReader head(bytes_.substr(0, end), at);
    const std::uint64_t shared = head.Get();
    const std::uint64_t own = head.Get();
    const std::uint64_t value_size = head.Get();
    if (!head.ok() || shared > key_.size() || own > kMaxKeyBytes ||
        own + value_size > end - head.at() ||
        shared + own <= kKeyTrailerBytes) {
      return std::nullopt;
    }
    key_.resize(shared);
    key_.append(bytes_.substr(head.at(), own));
    const std::size_t key_size = key_.size() - kKeyTrailerBytes;
    const auto trailer = Load<std::uint64_t>(key_, key_size);
    const auto kind = static_cast<unsigned char>(trailer);
    const std::size_t value_at = head.at() + own;
    const std::string_view value = bytes_.substr(value_at, value_size);
    // A deletion has no checksum, so it is only believed in its place.
    const bool deletes = kind == kDeletion && value.empty() && in_order_;
    if (kind == kPut || deletes) {
      sound_ = visit_({.key = std::string_view(key_).substr(0, key_size),
                       .value = value,
                       .sequence = trailer >> 8,
                       .deletes = deletes});
    }
    return value_at + value_size;
  }

  // The end of the first sound entry with a whole key at `from` or behind it.
  std::optional<std::size_t> Find(std::size_t from, std::size_t end) {
    in_order_ = false;
    for (std::size_t at = from; at + 3 < end; ++at) {
      if (bytes_[at] != 0) continue;
      key_.clear();
      const std::optional<std::size_t> next = ReadOne(at, end);
      if (next.has_value() && sound_) {
        in_order_ = true;
        return next;
      }
    }
    return std::nullopt;
  }

  const std::string_view bytes_;
  const VisitTableEntry& visit_;
  std::string key_;
  bool sound_ = false;    // The entry that was read last.
  bool in_order_ = true;  // It follows a sound one.
};

// Where the blocks with entries are; nullopt: the index cannot be read.
std::optional<std::vector<TablePart>> ReadIndex(std::string_view file) {
  const std::optional<TableFooter> footer = ReadTableFooter(file);
  if (!footer.has_value()) return std::nullopt;
  const auto [offset, size] = footer->index;
  if (offset > file.size() || size < 4 || size > file.size() - offset) {
    return std::nullopt;
  }
  const std::string_view index = file.substr(offset, size);
  const std::uint64_t restarts = Load<std::uint32_t>(index, size - 4);
  if ((restarts + 1) * 4 > size) return std::nullopt;
  const std::size_t end = size - (restarts + 1) * 4;
  std::vector<TablePart> blocks;
  for (std::size_t at = 0; at < end;) {
    // A key, of which nothing is shared, and the block's place and size.
    VarintReader entry(index, at);
    const std::uint64_t shared = entry.Get();
    const std::uint64_t key_size = entry.Get();
    if (!entry.ok() || shared != 0 || key_size > end - entry.at()) {
      return std::nullopt;
    }
    VarintReader handle(index, entry.at() + key_size);
    const TablePart block{handle.Get(), handle.Get()};
    const std::uint64_t expected =
        blocks.empty()
            ? 0
            : blocks.back().offset + blocks.back().size + kTrailerBytes;
    if (!handle.ok() || block.offset != expected || block.size > offset ||
        block.offset + block.size + kTrailerBytes > offset) {
      return std::nullopt;
    }
    blocks.push_back(block);
    at = handle.at();
  }
  return blocks;
}

std::optional<std::string> Decompress(std::string_view stored) {
  VarintReader head(stored, 0);
  const std::uint64_t size = head.Get();
  if (!head.ok() || size > kMaxBlockBytes) return std::nullopt;
  std::string plain(size, '\0');
  const int written = LZ4_decompress_safe(
      stored.data() + head.at(), plain.data(),
      static_cast<int>(stored.size() - head.at()), static_cast<int>(size));
  if (written != static_cast<int>(size)) return std::nullopt;
  return plain;
}

}  // namespace

std::optional<TableFooter> ReadTableFooter(std::string_view file) {
  if (file.size() < kTableFooterBytes) return std::nullopt;
  if (Load<std::uint64_t>(file, file.size() - 8) != kMagic) return std::nullopt;
  // Behind the kind of the checksums.
  VarintReader numbers(file, file.size() - kTableFooterBytes + 1);
  TableFooter footer;
  for (TablePart* const part : {&footer.meta_index, &footer.index}) {
    part->offset = numbers.Get();
    part->size = numbers.Get();
  }
  if (!numbers.ok()) return std::nullopt;
  return footer;
}

bool ReadTable(std::string_view file, const VisitTableEntry& visit) {
  const auto blocks = ReadIndex(file);
  if (!blocks.has_value()) {
    EntryReader(file, visit).ReadAnything();
    return false;
  }
  bool whole = true;
  for (const TablePart& block : *blocks) {
    const std::string_view stored = file.substr(block.offset, block.size);
    const char kind = file[block.offset + block.size];
    std::optional<std::string> unpacked;
    if (kind == kLz4) unpacked = Decompress(stored);
    const bool packed = unpacked.has_value();
    // The byte that names the kind may be what is damaged.
    if (kind != kPlain && !packed) whole = false;
    EntryReader entries(packed ? *unpacked : stored, visit);
    whole = entries.ReadBlock() && whole;
  }
  return whole;
}

}  // namespace segrid::queue::rocksdb
