// The state that the store's threads share.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"
#include "core/queue/rocksdb/books.h"
#include "core/queue/rocksdb/disk.h"
#include "core/queue/rocksdb/options.h"
#include "core/queue/subscribers.h"

namespace segrid::queue::rocksdb {

// How the store fares, for readiness.
struct Health {
  absl::Status broken{};   // Not OK while nothing can be written.
  absl::Status corrupt{};  // Not OK since damage was read.
  absl::Status place{};    // Not OK while the directory is not in its place.
  bool has_room = true;
};

struct Shared {
  Shared(RocksOptions all_options, base::Clock& a_clock)
      : options(std::move(all_options)), clock(a_clock) {}

  const RocksOptions options;
  base::Clock& clock;
  Subscribers subscribers;  // Own locking.

  // `mu` guards the books, but for one thing that no annotation can say: the
  // writer alone changes them, except how messages are lent, and what only it
  // changes it reads without the lock.
  absl::Mutex mu;
  std::unique_ptr<Books> books;
  std::uint64_t generation ABSL_GUARDED_BY(mu) = 0;  // The books'.
  std::uint64_t last_lease_id ABSL_GUARDED_BY(mu) = 0;
  Health health ABSL_GUARDED_BY(mu);

  // Whoever reads from the disk holds it as a reader; the writer holds it while
  // it opens the database again. Before `mu` when both are held.
  absl::Mutex disk_mu ABSL_ACQUIRED_BEFORE(mu);
  std::unique_ptr<Disk> disk;
};

}  // namespace segrid::queue::rocksdb
