#include "server/embedded/stages.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "core/base/access_error.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/retry/backoff.h"
#include "server/app/backlog.h"
#include "server/app/open_queue.h"
#include "server/app/sources.h"

namespace segrid::embedded {
namespace {

absl::Status MakeDataDir(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return base::MakeError(absl::StatusCode::kFailedPrecondition, "BAD_DATA_DIR",
                         "data_dir '" + path + "' cannot be made: " +
                             base::DescribeAccessError(path, error.value()) +
                             "; set it to a directory that can be written");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Stages>> Stages::Start(
    const config::Config& config, std::int32_t delivery_threads) {
  SEGRID_RETURN_IF_ERROR(MakeDataDir(config.data_dir));
  std::unique_ptr<Stages> stages(new Stages());
  stages->life_ = app::LifeOf(config.queue);
  SEGRID_ASSIGN_OR_RETURN(stages->pool_,
                          pool::ThreadPool::Create(delivery_threads));
  SEGRID_ASSIGN_OR_RETURN(stages->queue_,
                          app::OpenQueue(config, stages->clock_));
  SEGRID_ASSIGN_OR_RETURN(
      std::vector<deliver::Source> sources,
      app::MakeSources(config, stages->clock_, *stages->pool_));
  stages->deliverer_ = std::make_unique<deliver::Deliverer>(
      deliver::Environment{stages->clock_, *stages->queue_, *stages->pool_,
                           retry::UniformJitter()},
      deliver::Options(), std::move(sources));
  stages->pipeline_ = std::make_unique<pipeline::Pipeline>(
      config, pipeline::Environment{stages->clock_, *stages->queue_,
                                    *stages->deliverer_, /*observer=*/nullptr,
                                    &stages->tails_});
  stages->deliverer_->Start();
  return stages;
}

Stages::~Stages() {
  // Before the deliverer goes, whose tasks run there.
  if (pool_ != nullptr) pool_->Stop();
}

bool Stages::Drain(absl::Time deadline) {
  app::WaitUntilDelivered(*deliverer_, *queue_, life_, deadline);
  absl::Notification done;
  deliverer_->Drain(deadline, [&done](const absl::Status&) { done.Notify(); });
  done.WaitForNotification();
  return app::PendingTracks(*deliverer_, *queue_) == 0;
}

}  // namespace segrid::embedded
