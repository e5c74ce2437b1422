// The queue that the configuration asks for.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/queue/queue.h"

namespace segrid::engine {

// Where the embedded store of `config` is.
std::string QueueDirectory(const config::Config& config);

// Opens `queue.store`: embedded in `data_dir`/queue, or in memory.
// `on_warning`, which may be empty, hears the warnings of the embedded store's
// database, in any thread. `clock` must outlive the queue. Errors: those of
// queue::rocksdb::RocksQueue::Open.
absl::StatusOr<std::unique_ptr<queue::Queue>> OpenQueue(
    const config::Config& config, base::Clock& clock,
    std::function<void(std::string_view text)> on_warning = {});

}  // namespace segrid::engine
