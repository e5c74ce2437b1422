// Reads what is left of one of the database's sorted files, for repair.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace segrid::queue::rocksdb {

// RocksDB gives a whole block up when one bit of it is altered, its repair the
// whole file. Our records have checksums of their own, so each can be read
// alone: this reads around what is damaged, and needs neither the file's index
// nor its other parts where blocks are not compressed.

// Where a part of a sorted file is.
struct TablePart {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// The end of a sorted file says where these parts are.
struct TableFooter {
  TablePart meta_index{};  // Finds the properties and the like.
  TablePart index{};       // Finds the blocks with entries.
};

constexpr std::uint64_t kTableFooterBytes = 53;

// `file` is a whole sorted file or its last bytes; nullopt: it has no such end.
std::optional<TableFooter> ReadTableFooter(std::string_view file);

// A key as the file has it, without RocksDB's trailer.
struct TableEntry {
  std::string_view key{};
  std::string_view value{};
  std::uint64_t sequence = 0;
  bool deletes = false;  // It says that the key is deleted; no value.
};

// True: the entry is sound, as its own checksum says. May be called with what
// was never an entry.
using VisitTableEntry = std::function<bool(const TableEntry& entry)>;

// Visits the entries of a file with the bytes `file`. False: some of it is
// damaged. Ranges that were deleted are not visited.
bool ReadTable(std::string_view file, const VisitTableEntry& visit);

}  // namespace segrid::queue::rocksdb
