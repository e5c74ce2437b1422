#include "server/rpc/worker.h"

#include <utility>

#include "core/base/thread_name.h"

namespace segrid::rpc {

Worker::Worker(std::size_t max_waiting, const std::string& name)
    : max_waiting_(max_waiting), thread_([this, name] { Run(name); }) {}

Worker::~Worker() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
}

bool Worker::Post(std::function<void()> task) {
  absl::MutexLock lock(&mu_);
  if (stopping_ || tasks_.size() >= max_waiting_) return false;
  tasks_.push_back(std::move(task));
  return true;
}

void Worker::Run(const std::string& name) {
  base::NameThread(name);
  for (;;) {
    std::function<void()> task;
    {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(this, &Worker::HasWork));
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace segrid::rpc
