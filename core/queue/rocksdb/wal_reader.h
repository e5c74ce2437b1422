// What can still be read of the database's logs, for repair.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace segrid::queue::rocksdb {

// RocksDB itself gives a log up at the first damage, and its repair forgets all
// logs of databases with several families. This reads around the damage: a
// record that is altered costs the commits in its block of 32 KiB and no more.

// The batches of writes in a log, in order; `damaged` when there were others.
struct LogContent {
  std::vector<std::string> batches{};
  bool damaged = false;
};
LogContent ReadLog(std::string_view bytes);

// RocksDB's sequence of the first operation in a batch of LogContent.
std::uint64_t SequenceOf(std::string_view batch);

}  // namespace segrid::queue::rocksdb
