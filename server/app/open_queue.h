// The queue that the configuration asks for.

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/queue/queue.h"
#include "server/logging/log.h"

namespace segrid::app {

// Where the embedded store of `config` is.
std::string QueueDirectory(const config::Config& config);

// Opens `queue.store`: embedded in `data_dir`/queue, or in memory. Warnings of
// the embedded store's database go to `log`, if it is not null. `clock` and
// `log` must outlive the queue. Errors: those of
// queue::rocksdb::RocksQueue::Open.
absl::StatusOr<std::unique_ptr<queue::Queue>> OpenQueue(
    const config::Config& config, base::Clock& clock,
    logging::Log* log = nullptr);

}  // namespace segrid::app
