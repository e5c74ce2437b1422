#include "core/engine/engine.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/synchronization/notification.h"
#include "core/base/access_error.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/engine/make_sources.h"
#include "core/engine/open_queue.h"
#include "core/retry/backoff.h"

namespace segrid::engine {
namespace {

absl::Status MakeDataDir(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && std::filesystem::is_directory(path, error)) {
    return absl::OkStatus();
  }
  return base::MakeError(
      absl::StatusCode::kFailedPrecondition, "BAD_DATA_DIR",
      "data_dir '" + path + "' cannot be made: " +
          (error ? base::DescribeAccessError(path, error.value())
                 : "it is no directory") +
          "; set data_dir or --data-dir to a directory that can be written");
}

bool Has(const std::vector<config::Source>& sources, const std::string& name) {
  return std::any_of(sources.begin(), sources.end(),
                     [&name](const auto& each) { return each.name == name; });
}

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(
    const config::Config& config, EngineDeps deps) {
  SEGRID_RETURN_IF_ERROR(MakeDataDir(config.data_dir));
  std::unique_ptr<Engine> engine(new Engine(std::move(deps)));
  const EngineDeps& with = engine->deps_;
  engine->life_ = LifeOf(config.queue);
  SEGRID_ASSIGN_OR_RETURN(
      engine->pool_,
      pool::ThreadPool::Create(with.delivery_threads, with.thread_name));
  SEGRID_ASSIGN_OR_RETURN(engine->queue_,
                          OpenQueue(config, with.clock, with.on_queue_warning));
  SEGRID_ASSIGN_OR_RETURN(std::vector<deliver::Source> sources,
                          engine->Make(config));
  engine->files_ = FingerprintFiles(config);
  if (with.on_sources) with.on_sources(sources);
  EngineObservers observers =
      with.observe ? with.observe(*engine->pool_) : EngineObservers();
  engine->delivery_observer_ = std::move(observers.deliveries);
  engine->deliverer_ = std::make_unique<deliver::Deliverer>(
      deliver::Environment{with.clock, *engine->queue_, *engine->pool_,
                           retry::UniformJitter(),
                           engine->delivery_observer_.get()},
      deliver::Options(), std::move(sources));
  engine->pipeline_ = std::make_unique<pipeline::Pipeline>(
      config, pipeline::Environment{with.clock, *engine->queue_,
                                    *engine->deliverer_, observers.batches,
                                    observers.tracks, observers.appends});
  return engine;
}

Engine::~Engine() {
  // Before the deliverer goes, whose tasks run there.
  if (pool_ != nullptr) pool_->Stop();
}

absl::StatusOr<std::vector<deliver::Source>> Engine::Make(
    const config::Config& config) const {
  return deps_.make_sources ? deps_.make_sources(config, *pool_)
                            : MakeSources(config, deps_.clock, *pool_);
}

absl::StatusOr<SourceChange> Engine::Prepare(const config::Config& before,
                                             const config::Config& now) const {
  SourceChange change{now, {}, FingerprintFiles(now)};
  change.changed.sources = ChangedSources(before, now);
  for (const config::Source& source : now.sources) {
    const auto known = files_.find(source.name);
    if (Has(change.changed.sources, source.name) || known == files_.end() ||
        known->second == change.files.at(source.name)) {
      continue;
    }
    change.changed.sources.push_back(source);
    change.has_new_files = true;
  }
  SEGRID_ASSIGN_OR_RETURN(change.sources, Make(change.changed));
  return change;
}

absl::StatusOr<std::vector<std::string>> Engine::Replace(
    const config::Config& before, const config::Config& now,
    SourceChange change, const std::function<absl::Status()>& switch_over) {
  config::Config both = now;
  for (const config::Source& source : before.sources) {
    if (!Has(now.sources, source.name)) both.sources.push_back(source);
  }
  if (deps_.on_sources) deps_.on_sources(change.sources);
  pipeline_->Replace(both);
  if (absl::Status status = switch_over(); !status.ok()) {
    pipeline_->Replace(before);
    return status;
  }
  for (deliver::Source& source : change.sources) {
    deliverer_->Put(std::move(source));
  }
  pipeline_->Replace(now);
  files_ = std::move(change.files);
  std::vector<std::string> removed = RemovedLanes(before, now);
  for (const std::string& lane : removed) deliverer_->Remove(lane);
  return removed;
}

std::int64_t Engine::Drain(absl::Time deadline) {
  WaitUntilDelivered(*deliverer_, *queue_, life_, deadline);
  absl::Notification done;
  deliverer_->Drain(deadline, [&done](const absl::Status&) { done.Notify(); });
  done.WaitForNotification();
  return PendingTracks(*deliverer_, *queue_);
}

}  // namespace segrid::engine
