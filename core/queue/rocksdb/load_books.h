// Reads the books of a store from the disk.

#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/queue/rocksdb/books.h"
#include "core/queue/rocksdb/database.h"
#include "core/queue/rocksdb/options.h"

namespace segrid::queue::rocksdb {

// Reads the books. DATA_LOSS/QUEUE_CORRUPT: what is stored is damaged or does
// not fit together. With `damages` it goes on instead, notes all damage, and
// gives the books of what is there.
absl::StatusOr<std::unique_ptr<Books>> LoadBooks(
    const Database& database, const RocksOptions& options, absl::Time now,
    std::vector<Damage>* damages = nullptr);

}  // namespace segrid::queue::rocksdb
