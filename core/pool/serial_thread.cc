#include "core/pool/serial_thread.h"

#include <deque>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "core/base/thread_name.h"

namespace segrid::pool {

struct SerialThread::State {
  absl::Mutex mu;
  std::deque<std::function<void()>> tasks ABSL_GUARDED_BY(mu);
  bool stopping ABSL_GUARDED_BY(mu) = false;
};

SerialThread::SerialThread(const std::string& name)
    : state_(std::make_shared<State>()), thread_([state = state_, name] {
        base::NameThread(name);
        Run(*state);
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

void SerialThread::Run(State& state) {
  const auto awake = [&state]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return state.stopping || !state.tasks.empty();
  };
  for (;;) {
    std::function<void()> task;
    {
      absl::MutexLock lock(&state.mu, absl::Condition(&awake));
      if (state.tasks.empty()) return;
      task = std::move(state.tasks.front());
      state.tasks.pop_front();
    }
    task();
  }
}

}  // namespace segrid::pool
