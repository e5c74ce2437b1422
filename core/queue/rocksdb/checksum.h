// CRC-32C of what is stored.

#pragma once

#include <cstdint>
#include <string_view>

namespace segrid::queue::rocksdb {

// The checksum of `bytes` that continues the one of the bytes before them.
std::uint32_t Crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace segrid::queue::rocksdb
