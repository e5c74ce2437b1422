// Reads the messages of every pending chunk and compares them with the books.

#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "core/queue/rocksdb/books.h"
#include "core/queue/rocksdb/database.h"

namespace segrid::queue::rocksdb {

struct Verified {
  std::int64_t chunks = 0;
  std::int64_t messages = 0;  // Pending ones.
};

// Notes each chunk whose messages cannot be read or are not those that its
// record names, and each lane whose count of bytes is wrong; sets that count
// right in the books. Errors: those of reading the chunks' records.
absl::Status VerifyBodies(const Database& database, Books& books,
                          std::vector<Damage>& damages, Verified& verified);

}  // namespace segrid::queue::rocksdb
