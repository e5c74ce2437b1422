#include "core/pool/serial.h"

#include <utility>

namespace segrid::pool {
namespace {

// After this many tasks another user of the executor gets its turn.
constexpr int kTasksPerTurn = 16;

}  // namespace

void Serial::Post(std::function<void()> task) {
  {
    absl::MutexLock lock(&state_->mu);
    if (state_->abandoned) return;
    state_->tasks.push_back(std::move(task));
    if (state_->running) return;
    state_->running = true;
  }
  state_->executor.Post([state = state_] { Run(state); });
}

void Serial::Abandon() {
  // A task may hold the last reference to this.
  const std::shared_ptr<State> state = state_;
  std::deque<std::function<void()>> dropped;
  absl::MutexLock lock(&state->mu);
  state->abandoned = true;
  dropped.swap(state->tasks);
}

void Serial::Run(const std::shared_ptr<State>& state) {
  for (int i = 0; i < kTasksPerTurn; ++i) {
    std::function<void()> task;
    {
      absl::MutexLock lock(&state->mu);
      if (state->tasks.empty()) {
        state->running = false;
        return;
      }
      task = std::move(state->tasks.front());
      state->tasks.pop_front();
    }
    task();
  }
  state->executor.Post([state] { Run(state); });
}

}  // namespace segrid::pool
