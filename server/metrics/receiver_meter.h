// What a receiver answers and how long it takes.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"
#include "core/metrics/histogram.h"
#include "core/receivers/receiver.h"
#include "server/metrics/exposition.h"

namespace segrid::metrics {

// The figures of one source's deliveries. Thread safety: any thread.
class DeliveryFigures {
 public:
  explicit DeliveryFigures(std::string source) : source_(std::move(source)) {}

  void OnSent(const receivers::SendResult& result, absl::Duration took,
              bool again);
  void AddTo(Exposition& out) const;

  const std::string& source() const { return source_; }
  // From acceptance to delivery; the deliverer fills it.
  Histogram& latency() { return *latency_; }
  std::shared_ptr<Histogram> shared_latency() { return latency_; }

 private:
  using Answer = std::pair<std::string, std::string>;  // Verdict, code.

  const std::string source_;
  Histogram request_;
  const std::shared_ptr<Histogram> latency_ = std::make_shared<Histogram>();
  std::atomic<std::int64_t> retried_{0};
  mutable absl::Mutex mu_;
  std::map<Answer, std::int64_t> answers_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::int64_t, std::less<>> changed_values_
      ABSL_GUARDED_BY(mu_);  // By reason.
};

// `receiver` with its answers counted in `figures`. `clock` must outlive it.
std::unique_ptr<receivers::Receiver> Metered(
    std::unique_ptr<receivers::Receiver> receiver,
    std::shared_ptr<DeliveryFigures> figures, base::Clock& clock);

}  // namespace segrid::metrics
