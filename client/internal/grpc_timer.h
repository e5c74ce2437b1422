// The Timer of production: gRPC's own, so that a client needs no thread.

#pragma once

#include "client/internal/timer.h"

namespace segrid::internal {

class GrpcTimer final : public Timer {
 public:
  TimePoint Now() override;
  void Wait(std::chrono::nanoseconds delay,
            const std::stop_token& stop) override;
  void After(std::chrono::nanoseconds delay,
             std::function<void()> then) override;
};

}  // namespace segrid::internal
