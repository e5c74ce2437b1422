// Simulated time for code that also talks to real servers: time stands still
// while an exchange is under way, and jumps to the next timer when nothing is.

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/pool/executor.h"
#include "tests/testing/fake_clock.h"

namespace segrid::deliver {

// Tasks run inside Run() and Advance(), in the test's thread. Thread safety:
// any thread may post; Run() and Advance() in one.
class SimulatedExecutor final : public pool::Executor {
 public:
  explicit SimulatedExecutor(testing::FakeClock& clock) : clock_(clock) {}

  void Post(std::function<void()> task) override {
    absl::MutexLock lock(&state_->mu);
    state_->tasks.push_back(std::move(task));
  }

  [[nodiscard]] std::unique_ptr<pool::Timer> After(
      absl::Duration delay, std::function<void()> task) override {
    absl::MutexLock lock(&state_->mu);
    const Key key{clock_.Uptime() + std::max(delay, absl::ZeroDuration()),
                  ++state_->timers_made};
    state_->timers[key] = std::move(task);
    return std::make_unique<Handle>(state_, key);
  }

  // An exchange with the world begins, which time waits for, or ends.
  void Enter() {
    absl::MutexLock lock(&state_->mu);
    ++state_->exchanges;
  }
  void Leave() {
    absl::MutexLock lock(&state_->mu);
    --state_->exchanges;
  }

  // Runs tasks and timers that are due, until nothing is under way.
  void Run() {
    while (true) {
      std::function<void()> task;
      {
        absl::MutexLock lock(&state_->mu);
        state_->mu.Await(absl::Condition(this, &SimulatedExecutor::MayGoOn));
        if (!state_->tasks.empty()) {
          task = std::move(state_->tasks.front());
          state_->tasks.pop_front();
        } else if (TimerIsDue()) {
          task = std::move(state_->timers.begin()->second);
          state_->timers.erase(state_->timers.begin());
        } else {
          return;
        }
        ++state_->tasks_run;
      }
      task();
    }
  }

  // Lets `by` pass, and runs each timer at its time.
  void Advance(absl::Duration by) {
    Run();
    const absl::Duration end = clock_.Uptime() + by;
    while (true) {
      const absl::Duration next = clock_.Uptime() + NextTimer();
      if (next > end) break;
      clock_.Advance(next - clock_.Uptime());
      Run();
    }
    clock_.Advance(end - clock_.Uptime());
  }

  // When the next timer is due; InfiniteDuration when none is set.
  absl::Duration NextTimer() const {
    absl::MutexLock lock(&state_->mu);
    return state_->timers.empty()
               ? absl::InfiniteDuration()
               : state_->timers.begin()->first.first - clock_.Uptime();
  }

  // Tasks and timers that have run: a measure of work.
  std::int64_t tasks_run() const {
    absl::MutexLock lock(&state_->mu);
    return state_->tasks_run;
  }

 private:
  using Key = std::pair<absl::Duration, std::int64_t>;

  struct State {
    absl::Mutex mu;
    std::deque<std::function<void()>> tasks ABSL_GUARDED_BY(mu);
    std::map<Key, std::function<void()>> timers ABSL_GUARDED_BY(mu);
    std::int64_t timers_made ABSL_GUARDED_BY(mu) = 0;
    std::int64_t tasks_run ABSL_GUARDED_BY(mu) = 0;
    int exchanges ABSL_GUARDED_BY(mu) = 0;
  };

  struct Handle final : pool::Timer {
    Handle(std::shared_ptr<State> all, Key k) : state(std::move(all)), key(k) {}
    ~Handle() override {
      std::function<void()> dropped;
      absl::MutexLock lock(&state->mu);
      const auto found = state->timers.find(key);
      if (found == state->timers.end()) return;
      dropped = std::move(found->second);
      state->timers.erase(found);
    }
    std::shared_ptr<State> state;
    Key key;
  };

  bool TimerIsDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mu) {
    return !state_->timers.empty() &&
           state_->timers.begin()->first.first <= clock_.Uptime();
  }
  bool MayGoOn() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mu) {
    return !state_->tasks.empty() || state_->exchanges == 0;
  }

  testing::FakeClock& clock_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace segrid::deliver
