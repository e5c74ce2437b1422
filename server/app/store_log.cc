#include "server/app/store_log.h"

#include <utility>

#include "core/base/error_info.h"

namespace segrid::app {
namespace {

constexpr absl::Duration kQuiet = absl::Seconds(10);

}  // namespace

void StoreLog::OnAppended() {
  if (!stopped_.load(std::memory_order_relaxed)) return;
  absl::MutexLock lock(&mu_);
  if (stopped_ && looked_.empty() && IsQuiet()) Resume();
}

void StoreLog::OnRefused(const absl::Status& status) {
  // A chunk that breaks the rules is the pipeline's fault.
  if (absl::IsInvalidArgument(status)) return;
  absl::MutexLock lock(&mu_);
  refused_at_ = clock_.Uptime();
  if (!stopped_) Stop(std::string(status.message()));
}

void StoreLog::OnLook(const std::string& reason) {
  absl::MutexLock lock(&mu_);
  looked_ = reason;
  if (!reason.empty()) {
    if (!stopped_) Stop(reason);
    was_seen_ = true;
  } else if (stopped_ && was_seen_ && IsQuiet()) {
    // A stop that no look has seen ends with an append that is accepted.
    Resume();
  }
}

bool StoreLog::IsQuiet() const {
  return clock_.Uptime() - refused_at_ >= kQuiet;
}

void StoreLog::Stop(std::string reason) {
  stopped_ = true;
  was_seen_ = false;
  reason_ = std::move(reason);
  stopped_at_ = clock_.Uptime();
  log_.Error("the store stops accepting: senders are told to retry",
             {{"detail", reason_}});
}

void StoreLog::Resume() {
  stopped_ = false;
  log_.Info("the store accepts again",
            {{"detail", reason_},
             {"lasted_seconds",
              absl::ToInt64Seconds(clock_.Uptime() - stopped_at_)}});
}

}  // namespace segrid::app
