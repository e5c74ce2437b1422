// A Timer that a test moves on.

#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <utility>
#include <vector>

#include "client/internal/timer.h"

namespace segrid::tests {

// Waiting takes no time but moves the clock, and is recorded. Thread safety:
// none.
class FakeTimer final : public internal::Timer {
 public:
  TimePoint Now() override { return now; }
  void Wait(std::chrono::nanoseconds delay, const std::stop_token&) override {
    waits.push_back(delay);
    now += delay;
    if (on_wait) on_wait();
  }
  void After(std::chrono::nanoseconds delay,
             std::function<void()> then) override {
    Wait(delay, {});
    then();
  }

  TimePoint now{};
  std::vector<std::chrono::nanoseconds> waits;
  std::function<void()> on_wait;
};

}  // namespace segrid::tests
