#include "core/queue/rocksdb/checksum.h"

#include <isa-l/crc.h>

namespace segrid::queue::rocksdb {

std::uint32_t Crc32c(std::string_view bytes, std::uint32_t before) {
  // The library takes `unsigned char*` and does not write.
  auto* const data =
      reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  return ~::crc32_iscsi(data, static_cast<int>(bytes.size()), ~before);
}

}  // namespace segrid::queue::rocksdb
