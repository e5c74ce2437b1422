// Asks Segment, once at the start, about the write keys of its sources.

#pragma once

#include <memory>
#include <vector>

#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/pool/thread_pool.h"
#include "core/receivers/segment/write_key_check.h"
#include "server/logging/log.h"

namespace segrid::app {

// For each source with `check_write_key`: a warning in the log when Segment
// does not know its key. It changes nothing else: no answer, or one that comes
// late, is none. The log never has the key.
//
// Ownership:     `log`, `clock` and `pool` must outlive it, and the pool must
//                have stopped before it goes.
// Thread safety: none. Blocking: never.
class WriteKeyChecks {
 public:
  WriteKeyChecks(const config::Config& config, logging::Log& log,
                 base::Clock& clock, pool::ThreadPool& pool);

 private:
  std::vector<std::unique_ptr<receivers::segment::WriteKeyCheck>> checks_;
};

}  // namespace segrid::app
