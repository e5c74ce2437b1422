#include "core/queue/rocksdb/checksum.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <cstddef>

namespace segrid::queue::rocksdb {

std::uint32_t Crc32c(std::string_view bytes, std::uint32_t before) {
  // The most that one call of the library takes, because its size is an int.
  constexpr std::size_t kMaxBytes = std::size_t{1} << 30;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kMaxBytes);
    // The library takes `unsigned char*` and does not write.
    auto* const data =
        reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data()));
    before = ~::crc32_iscsi(data, static_cast<int>(piece.size()), ~before);
    bytes.remove_prefix(piece.size());
  }
  return before;
}

}  // namespace segrid::queue::rocksdb

namespace rocksdb::crc32c {

// RocksDB's own function of the same name and result, which its log calls for
// each record. Debian compiles it without SSE 4.2, so it reads a table for each
// few bytes: a twelfth of the CPU time of a Forward. The dynamic linker takes a
// program's definition before that of a library, so RocksDB calls this one. A
// RocksDB without this function, or one that is linked so that it calls its
// own, is as slow as before, and right.
[[gnu::visibility("default")]] std::uint32_t Extend(std::uint32_t before,
                                                    const char* data,
                                                    std::size_t size);

std::uint32_t Extend(std::uint32_t before, const char* data, std::size_t size) {
  return segrid::queue::rocksdb::Crc32c({data, size}, before);
}

}  // namespace rocksdb::crc32c
