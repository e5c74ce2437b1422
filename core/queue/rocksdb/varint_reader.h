// The numbers in RocksDB's own files.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace segrid::queue::rocksdb {

// Reads numbers of 7 bits to a byte. After the first that is none, ok() is
// false.
class VarintReader {
 public:
  VarintReader(std::string_view bytes, std::size_t at)
      : bytes_(bytes), at_(at) {}

  std::uint64_t Get() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ >= bytes_.size()) break;
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  // The next `size` bytes; nothing when they are not there.
  std::string_view Take(std::uint64_t size) {
    ok_ = ok_ && size <= bytes_.size() - at_;
    if (!ok_) return {};
    const std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }
  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }

 private:
  const std::string_view bytes_;
  std::size_t at_;
  bool ok_ = true;
};

}  // namespace segrid::queue::rocksdb
