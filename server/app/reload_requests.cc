#include "server/app/reload_requests.h"

#include <utility>

#include "core/base/error_info.h"

namespace segrid::app {
namespace {

absl::Status Draining() {
  return base::MakeError(absl::StatusCode::kUnavailable, "DRAINING",
                         "the server stops and reloads nothing any more");
}

}  // namespace

void ReloadRequests::Reload() {
  absl::MutexLock lock(&mu_);
  reload_ = true;
}

void ReloadRequests::LookForChanges() {
  absl::MutexLock lock(&mu_);
  look_ = true;
}

void ReloadRequests::Ask(Operator request) {
  absl::Status refusal;
  {
    absl::MutexLock lock(&mu_);
    if (closed_) {
      refusal = Draining();
    } else if (operators_.size() >= kMaxOperators) {
      refusal = base::MakeError(
          absl::StatusCode::kResourceExhausted, "BUSY",
          "too many calls for a reload are waiting: try again later");
      base::SetRetryDelay(refusal, absl::Seconds(1));
    } else {
      operators_.push_back(std::move(request));
      return;
    }
  }
  request.done(refusal);
}

void ReloadRequests::Close() {
  std::deque<Operator> left;
  {
    absl::MutexLock lock(&mu_);
    closed_ = true;
    left.swap(operators_);
  }
  for (const Operator& each : left) each.done(Draining());
}

bool ReloadRequests::Take(Work& work) {
  const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return closed_ || reload_ || look_ || !operators_.empty();
  };
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(&has_work));
  if (closed_) return false;
  work = {std::exchange(reload_, false), std::exchange(look_, false),
          std::exchange(operators_, {})};
  return true;
}

bool ReloadRequests::Wait(absl::Duration time) {
  absl::MutexLock lock(&mu_);
  return !mu_.AwaitWithTimeout(absl::Condition(&closed_), time);
}

}  // namespace segrid::app
