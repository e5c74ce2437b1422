#include "core/pool/serial_thread.h"

#include <deque>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "core/base/thread_name.h"

namespace segrid::pool {

struct SerialThread::State {
  absl::Mutex mu;
  std::deque<std::function<void()>> tasks ABSL_GUARDED_BY(mu);
  bool stopping ABSL_GUARDED_BY(mu) = false;
};

SerialThread::SerialThread(const std::string& name, Maintain maintain)
    : state_(std::make_shared<State>()),
      thread_([state = state_, name, maintain = std::move(maintain)] {
        base::NameThread(name);
        Run(*state, maintain);
      }) {}

SerialThread::~SerialThread() {
  {
    absl::MutexLock lock(&state_->mu);
    state_->stopping = true;
  }
  if (thread_.get_id() == std::this_thread::get_id()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void SerialThread::Post(std::function<void()> task) {
  absl::MutexLock lock(&state_->mu);
  state_->tasks.push_back(std::move(task));
}

void SerialThread::Run(State& state, const Maintain& maintain) {
  const auto awake = [&state]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return state.stopping || !state.tasks.empty();
  };
  absl::Time due =
      maintain == nullptr ? absl::InfiniteFuture() : absl::InfinitePast();
  for (;;) {
    std::function<void()> task;
    bool stopping = false;
    {
      absl::MutexLock lock(&state.mu);
      state.mu.AwaitWithDeadline(absl::Condition(&awake), due);
      stopping = state.stopping;
      if (stopping && state.tasks.empty()) return;
      if (!state.tasks.empty()) {
        task = std::move(state.tasks.front());
        state.tasks.pop_front();
      }
    }
    if (task != nullptr) task();
    if (!stopping && absl::Now() >= due) due = absl::Now() + maintain();
  }
}

}  // namespace segrid::pool
