#include "server/rpc/admission.h"

#include <utility>

namespace segrid::rpc {

void Admission::StopAccepting() {
  std::set<std::shared_ptr<OpenCall>> open;
  {
    absl::MutexLock lock(&mu_);
    ready_ = false;
    accepting_ = false;
    open = std::exchange(open_, {});
  }
  for (const std::shared_ptr<OpenCall>& call : open) call->EndForDrain();
}

void Admission::RecheckOpenCalls() {
  std::set<std::shared_ptr<OpenCall>> open;
  {
    absl::MutexLock lock(&mu_);
    open = open_;
  }
  for (const std::shared_ptr<OpenCall>& call : open) call->Recheck();
}

bool Admission::Enter(std::shared_ptr<OpenCall> call) {
  absl::MutexLock lock(&mu_);
  if (!accepting()) return false;
  open_.insert(std::move(call));
  return true;
}

void Admission::Leave(const std::shared_ptr<OpenCall>& call) {
  absl::MutexLock lock(&mu_);
  open_.erase(call);
}

}  // namespace segrid::rpc
