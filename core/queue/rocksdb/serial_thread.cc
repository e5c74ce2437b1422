#include "core/queue/rocksdb/serial_thread.h"

#include <utility>

#include "core/base/thread_name.h"

namespace segrid::queue::rocksdb {

SerialThread::SerialThread() : thread_([this] { Run(); }) {}

SerialThread::~SerialThread() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
}

void SerialThread::Post(std::function<void()> task) {
  absl::MutexLock lock(&mu_);
  tasks_.push_back(std::move(task));
}

void SerialThread::Run() {
  base::NameThread("queue tasks");
  const auto awake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return stopping_ || !tasks_.empty();
  };
  std::deque<std::function<void()>> tasks;
  while (true) {
    {
      absl::MutexLock lock(&mu_, absl::Condition(&awake));
      if (tasks_.empty()) return;
      tasks.swap(tasks_);
    }
    for (const auto& task : tasks) task();
    tasks.clear();
  }
}

}  // namespace segrid::queue::rocksdb
