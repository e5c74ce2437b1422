// CRC-32C of what is stored.

#pragma once

#include <cstdint>
#include <string_view>

namespace segrid::queue::rocksdb {

// Of `bytes`, going on from the checksum of what stands before them.
std::uint32_t Crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace segrid::queue::rocksdb
