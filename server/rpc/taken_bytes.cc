#include "server/rpc/taken_bytes.h"

namespace segrid::rpc {

TakenBytes::Count TakenBytes::Open(const std::string& peer) {
  Count count = std::make_shared<std::atomic<std::int64_t>>(0);
  absl::MutexLock lock(&mu_);
  counts_.insert_or_assign(peer, count);
  return count;
}

void TakenBytes::Close(const std::string& peer, const Count& count) {
  absl::MutexLock lock(&mu_);
  const auto found = counts_.find(peer);
  if (found != counts_.end() && found->second == count) counts_.erase(found);
}

TakenBytes::Count TakenBytes::Of(
    const grpc::CallbackServerContext& context) const {
  const std::string peer = context.peer();
  absl::MutexLock lock(&mu_);
  const auto found = counts_.find(peer);
  return found == counts_.end() ? nullptr : found->second;
}

}  // namespace segrid::rpc
