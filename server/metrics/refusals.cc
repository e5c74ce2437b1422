#include "server/metrics/refusals.h"

namespace segrid::metrics {

void Refusals::Add(std::string_view listener, std::string_view reason) {
  std::pair<std::string, std::string> key(listener, reason);
  absl::MutexLock lock(&mu_);
  if (refusals_.size() >= kMaxReasons &&
      refusals_.find(key) == refusals_.end()) {
    key.second = "OTHER";
  }
  ++refusals_[std::move(key)];
}

void Refusals::AddHandshake(std::string_view listener,
                            tls::HandshakeFailure failure) {
  for (std::size_t i = 0; i < kListeners.size(); ++i) {
    if (kListeners[i] == listener) {
      handshakes_[i][static_cast<std::size_t>(failure)].fetch_add(
          1, std::memory_order_relaxed);
    }
  }
}

void Refusals::AddTo(Exposition& out) const {
  for (std::size_t i = 0; i < kListeners.size(); ++i) {
    for (std::size_t j = 0; j < tls::kHandshakeFailureCount; ++j) {
      out.Add(Row("segrid_handshake_failures_total"),
              static_cast<double>(
                  handshakes_[i][j].load(std::memory_order_relaxed)),
              {kListeners[i], tls::kHandshakeFailureNames[j]});
    }
  }
  absl::MutexLock lock(&mu_);
  for (const auto& [key, count] : refusals_) {
    out.Add(Row("segrid_refusals_total"), static_cast<double>(count),
            {key.first, key.second});
  }
}

}  // namespace segrid::metrics
