// Reads what is left of the database's logs, for repair.

#pragma once

#include <cstdint>
#include <functional>
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

// One operation of a batch.
struct LogOperation {
  enum class Kind { kPut, kDelete, kOther };
  Kind kind = Kind::kOther;
  std::uint32_t family = 0;  // RocksDB's number of it.
  std::string_view key{};
  std::string_view value{};
};

// Visits the operations of a batch in their order; each has the sequence after
// that of the one before. False: it does not end as a batch does. RocksDB's own
// reader aborts the process then.
bool ReadBatch(std::string_view batch,
               const std::function<void(const LogOperation& operation)>& visit);

// RocksDB's sequence of the first operation in a batch of LogContent.
std::uint64_t SequenceOf(std::string_view batch);

}  // namespace segrid::queue::rocksdb
