// The stages of the pipeline inside an Embedded.

#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/deliver/deliverer.h"
#include "core/pipeline/pipeline.h"
#include "core/pool/thread_pool.h"
#include "core/queue/queue.h"
#include "server/app/backlog.h"
#include "server/rpc/tail.h"

namespace segrid::embedded {

// The stages, wired. Thread safety: as the stages; Drain by one thread.
class Stages {
 public:
  // Errors: those of the data directory, the queue and the receivers.
  static absl::StatusOr<std::unique_ptr<Stages>> Start(
      const config::Config& config, std::int32_t delivery_threads);

  ~Stages();
  Stages(const Stages&) = delete;
  Stages& operator=(const Stages&) = delete;

  pipeline::Pipeline& pipeline() { return *pipeline_; }
  base::Clock& clock() { return clock_; }
  pool::ThreadPool& pool() { return *pool_; }
  queue::Queue& queue() { return *queue_; }
  deliver::Deliverer& deliverer() { return *deliverer_; }
  rpc::Tails& tails() { return tails_; }

  // Delivers until nothing is left or `deadline`, then stops delivery. True
  // when nothing is left. Call once.
  bool Drain(absl::Time deadline);

 private:
  Stages() = default;

  app::QueueLife life_ = app::QueueLife::kDies;
  base::SystemClock clock_;
  rpc::Tails tails_{clock_};
  // In the order of dependence: each uses only those above it.
  std::unique_ptr<pool::ThreadPool> pool_;
  std::unique_ptr<queue::Queue> queue_;
  std::unique_ptr<deliver::Deliverer> deliverer_;
  std::unique_ptr<pipeline::Pipeline> pipeline_;
};

}  // namespace segrid::embedded
