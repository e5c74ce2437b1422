// Counts the bytes that calls took from each connection.

#pragma once

#include <grpcpp/server_context.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace segrid::rpc {

// gRPC reads a connection on while its calls take nothing: up to 16 MiB per
// stream, and messages that have come in part. FloodWatch finds these bytes by
// the difference between what the kernel received and what is counted here.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class TakenBytes {
 public:
  // The bytes that calls took from one connection.
  using Count = std::shared_ptr<std::atomic<std::int64_t>>;

  // Messages of at least this size are counted. To find the connection costs
  // some 0.3 us, 2 % of a call of this size.
  static constexpr std::size_t kLeastMessage = 16 << 10;

  // Starts a count at 0. `peer` is the name that gRPC gives the connection.
  Count Open(const std::string& peer) ABSL_LOCKS_EXCLUDED(mu_);
  // Forgets `count`, unless another connection has the name by now.
  void Close(const std::string& peer, const Count& count)
      ABSL_LOCKS_EXCLUDED(mu_);

  // The count of the call's connection; null for one that is not counted, such
  // as a Unix socket's.
  Count Of(const grpc::CallbackServerContext& context) const
      ABSL_LOCKS_EXCLUDED(mu_);

  // A unary call took its message.
  void Add(const grpc::CallbackServerContext& context,
           std::size_t message_bytes) const {
    if (message_bytes < kLeastMessage) return;
    if (const Count count = Of(context)) {
      *count += static_cast<std::int64_t>(message_bytes);
    }
  }

 private:
  mutable absl::Mutex mu_;
  absl::flat_hash_map<std::string, Count> counts_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::rpc
