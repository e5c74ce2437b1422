// An executor without threads: the test runs the tasks and moves the time.

#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "core/pool/executor.h"
#include "tests/testing/fake_clock.h"

namespace segrid::testing {

// Tasks run inside Run() and Advance(), in the test's thread. Not thread-safe.
class FakeExecutor final : public pool::Executor {
 public:
  explicit FakeExecutor(FakeClock& clock) : clock_(clock) {}

  void Post(std::function<void()> task) override {
    tasks_.push_back(std::move(task));
  }

  [[nodiscard]] std::unique_ptr<pool::Timer> After(
      absl::Duration delay, std::function<void()> task) override {
    const Key key{clock_.Uptime() + std::max(delay, absl::ZeroDuration()),
                  ++timers_made_};
    (*timers_)[key] = std::move(task);
    return std::make_unique<Handle>(timers_, key);
  }

  // Runs tasks until there are none. Timers that are due run too.
  void Run() {
    while (true) {
      if (!tasks_.empty()) {
        auto task = std::move(tasks_.front());
        tasks_.pop_front();
        ++tasks_run_;
        task();
      } else if (!timers_->empty() &&
                 timers_->begin()->first.first <= clock_.Uptime()) {
        auto task = std::move(timers_->begin()->second);
        timers_->erase(timers_->begin());
        ++tasks_run_;
        task();
      } else {
        return;
      }
    }
  }

  // Lets `by` pass, and runs each timer at its time.
  void Advance(absl::Duration by) {
    Run();
    const absl::Duration end = clock_.Uptime() + by;
    while (!timers_->empty() && timers_->begin()->first.first <= end) {
      clock_.Advance(timers_->begin()->first.first - clock_.Uptime());
      Run();
    }
    clock_.Advance(end - clock_.Uptime());
  }

  // When the next timer is due; InfiniteDuration when none is set.
  absl::Duration NextTimer() const {
    return timers_->empty() ? absl::InfiniteDuration()
                            : timers_->begin()->first.first - clock_.Uptime();
  }

  // Tasks and timers that have run: a measure of work.
  std::int64_t tasks_run() const { return tasks_run_; }

 private:
  using Key = std::pair<absl::Duration, std::int64_t>;
  using Timers = std::map<Key, std::function<void()>>;

  struct Handle final : pool::Timer {
    Handle(std::shared_ptr<Timers> all, Key k)
        : timers(std::move(all)), key(k) {}
    ~Handle() override { timers->erase(key); }
    std::shared_ptr<Timers> timers;
    Key key;
  };

  FakeClock& clock_;
  std::deque<std::function<void()>> tasks_;
  std::shared_ptr<Timers> timers_ = std::make_shared<Timers>();
  std::int64_t timers_made_ = 0;
  std::int64_t tasks_run_ = 0;
};

}  // namespace segrid::testing
