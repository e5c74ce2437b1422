// The bytes of stored records: fixed little-endian integers, and texts with
// their length. A record ends with the checksum of everything before it.

#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "core/queue/rocksdb/checksum.h"

namespace segrid::queue::rocksdb {

static_assert(std::endian::native == std::endian::little);

// Appends to a string.
class BinaryWriter {
 public:
  explicit BinaryWriter(std::string& out) : out_(out) {}

  template <class Integer>
  void Put(Integer value) {
    char bytes[sizeof(value)];
    std::memcpy(bytes, &value, sizeof(value));
    out_.append(bytes, sizeof(value));
  }
  void PutText(std::string_view text) {
    Put(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
  }
  void PutTime(absl::Time time) { Put(absl::ToUnixNanos(time)); }
  // Sums all bytes of the string. `context` is what the record belongs to, so
  // that one in another's place does not fit.
  void PutChecksum(std::string_view context) {
    Put(Crc32c(out_, Crc32c(context)));
  }

 private:
  std::string& out_;
};

// Reads the same. After the first byte too few, ok() is false and all values
// are zero.
class BinaryReader {
 public:
  explicit BinaryReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }

  template <class Integer>
  Integer Get() {
    Integer value = 0;
    const std::string_view bytes = Take(sizeof(value));
    if (ok_) std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
  }
  std::string_view GetText() { return Take(Get<std::uint32_t>()); }
  absl::Time GetTime() { return absl::FromUnixNanos(Get<std::int64_t>()); }
  // Takes the checksum off the end, which must fit.
  void CheckChecksum(std::string_view context) {
    if (rest_.size() < 4) {
      ok_ = false;
      rest_ = {};
      return;
    }
    std::uint32_t stored = 0;
    std::memcpy(&stored, rest_.data() + rest_.size() - 4, 4);
    rest_.remove_suffix(4);
    ok_ = ok_ && stored == Crc32c(rest_, Crc32c(context));
    if (!ok_) rest_ = {};
  }

 private:
  std::string_view Take(std::size_t size) {
    ok_ = ok_ && size <= rest_.size();
    if (!ok_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace segrid::queue::rocksdb
