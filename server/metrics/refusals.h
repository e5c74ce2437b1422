// Who was turned away, and why.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/tls/handshake_failure.h"
#include "server/metrics/exposition.h"

namespace segrid::metrics {

// Counts refusals and failed handshakes by listener (`grpc`, `http`, `admin`)
// and reason.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never for long.
class Refusals {
 public:
  // Reasons that are told apart; further ones count as `OTHER`.
  static constexpr std::size_t kMaxReasons = 200;

  // Counts a call, a message of a stream, or a request by its error's reason.
  void Add(std::string_view listener, std::string_view reason)
      ABSL_LOCKS_EXCLUDED(mu_);
  // `listener` is `grpc` or `http`; others have no TLS.
  void AddHandshake(std::string_view listener, tls::HandshakeFailure failure);

  void AddTo(Exposition& out) const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  static constexpr std::array<std::string_view, 2> kListeners = {"grpc",
                                                                 "http"};
  using Handshakes =
      std::array<std::atomic<std::int64_t>, tls::kHandshakeFailureCount>;

  std::array<Handshakes, kListeners.size()> handshakes_{};
  mutable absl::Mutex mu_;
  std::map<std::pair<std::string, std::string>, std::int64_t> refusals_
      ABSL_GUARDED_BY(mu_);  // By listener and reason.
};

}  // namespace segrid::metrics
