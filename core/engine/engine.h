// The engine: pool, queue, delivery and pipeline, wired in one place.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/deliver/deliverer.h"
#include "core/deliver/delivery_observer.h"
#include "core/engine/backlog.h"
#include "core/engine/source_changes.h"
#include "core/pipeline/pipeline.h"
#include "core/pool/thread_pool.h"
#include "core/queue/queue.h"

namespace segrid::engine {

// Who hears what the engine does. Each may be null; those that the engine does
// not own must outlive it.
struct EngineObservers {
  // Owned, because it may use the pool: goes after delivery and before the
  // pool.
  std::unique_ptr<deliver::DeliveryObserver> deliveries{};
  pipeline::BatchObserver* batches = nullptr;
  pipeline::TrackObserver* tracks = nullptr;
  pipeline::AppendObserver* appends = nullptr;
};

struct EngineDeps {
  base::Clock& clock;  // Must outlive the engine.
  std::int32_t delivery_threads = 4;
  std::string thread_name = "delivery";
  // Makes the receivers of a configuration's sources, which may keep references
  // to the pool. Empty: MakeSources.
  std::function<absl::StatusOr<std::vector<deliver::Source>>(
      const config::Config& config, pool::ThreadPool& pool)>
      make_sources{};
  // Gets the sources that begin to deliver, before they do, and may wrap their
  // receivers. May be empty.
  std::function<void(std::vector<deliver::Source>& sources)> on_sources{};
  // Asked once, when the pool runs, which observers may use. May be empty.
  std::function<EngineObservers(pool::ThreadPool& pool)> observe{};
  // Hears the warnings of the queue's database, in any thread. May be empty.
  std::function<void(std::string_view text)> on_queue_warning{};
};

// Sources that are ready to replace those that run; see Engine::Prepare.
struct SourceChange {
  config::Config changed;  // `now` with no more than the sources that change.
  std::vector<deliver::Source> sources;  // Of these.
  SourceFiles files;                     // For all sources of `now`.
  bool has_new_files = false;  // A source changes for its PEM files alone.
};

// Everything between a batch of events and the receivers, built, reloaded and
// drained in one place. The server and the embedded mode put listeners on it.
//
// Ownership:     owns its parts and their threads; keeps references to the
//                clock and the observers.
// Thread safety: the parts as they say; Prepare and Replace one thread at a
//                time; Start, Drain and Stop by the owner.
// Blocking:      as each method says.
class Engine {
 public:
  // Makes `data_dir`, opens the queue and makes the sources; delivers nothing
  // yet. Blocks for the disk.
  //
  // FAILED_PRECONDITION, BAD_DATA_DIR: the data directory cannot be made.
  // Besides, the errors of OpenQueue and of `make_sources`.
  static absl::StatusOr<std::unique_ptr<Engine>> Open(
      const config::Config& config, EngineDeps deps);

  // Stops the threads, if Stop has not.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Delivery begins. Call once. Never blocks.
  void Start() { deliverer_->Start(); }

  // Makes the sources of `now` that come, or deliver otherwise than in `before`
  // or with other PEM files. Nothing changes yet. Blocks for the disk. Errors:
  // those of `make_sources`.
  absl::StatusOr<SourceChange> Prepare(const config::Config& before,
                                       const config::Config& now) const;

  // Puts what was prepared in place. `switch_over` runs while the pipeline
  // knows both the sources that come and those that go, because webhooks name
  // sources; when it fails, nothing has changed. Returns the lanes that nobody
  // delivers any more. Errors: those of `switch_over`.
  absl::StatusOr<std::vector<std::string>> Replace(
      const config::Config& before, const config::Config& now,
      SourceChange change, const std::function<absl::Status()>& switch_over);

  // Delivers until nothing is left or `deadline`, then stops delivery. Paused
  // sources are not waited for, nor are sources that fail where the queue
  // stays. Returns how many Tracks are left. Call once. Blocks until then.
  std::int64_t Drain(absl::Time deadline);

  // Ends the pool's threads, before things go that its tasks use. Blocks for
  // tasks that run.
  void Stop() { pool_->Stop(); }

  // Says what becomes of the Tracks that Drain leaves.
  QueueLife life() const { return life_; }

  pool::ThreadPool& pool() { return *pool_; }
  queue::Queue& queue() { return *queue_; }
  deliver::Deliverer& deliverer() { return *deliverer_; }
  pipeline::Pipeline& pipeline() { return *pipeline_; }

 private:
  explicit Engine(EngineDeps deps) : deps_(std::move(deps)) {}

  absl::StatusOr<std::vector<deliver::Source>> Make(
      const config::Config& config) const;

  const EngineDeps deps_;
  QueueLife life_ = QueueLife::kDies;
  SourceFiles files_;  // Those of running sources.
  // In the order of dependence: each uses only those above it.
  std::unique_ptr<pool::ThreadPool> pool_;
  std::unique_ptr<queue::Queue> queue_;
  std::unique_ptr<deliver::DeliveryObserver>
      delivery_observer_;  // May be null.
  std::unique_ptr<deliver::Deliverer> deliverer_;
  std::unique_ptr<pipeline::Pipeline> pipeline_;
};

}  // namespace segrid::engine
