#include "server/metrics/delivery_registry.h"

#include <string>

namespace segrid::metrics {

std::shared_ptr<DeliveryFigures> DeliveryRegistry::Of(std::string_view source) {
  absl::MutexLock lock(&mu_);
  for (const auto& each : all_) {
    if (each->source() == source) return each;
  }
  all_.push_back(std::make_shared<DeliveryFigures>(std::string(source)));
  return all_.back();
}

std::vector<std::shared_ptr<DeliveryFigures>> DeliveryRegistry::All() const {
  absl::MutexLock lock(&mu_);
  return all_;
}

}  // namespace segrid::metrics
