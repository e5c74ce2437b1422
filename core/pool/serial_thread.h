// A thread for what may block.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace segrid::pool {

// Runs tasks one after the other in a thread of its own, so that a task which
// waits for a disk or a database delays nobody else. Tasks must not throw.
//
// Ownership:     keeps a task until it has run.
// Thread safety: Post from any thread, any time. There is no bound: who posts
//                has one.
// Blocking:      Post never. The destructor runs what was posted and waits for
//                it; in its own thread, where a task holds the last owner, it
//                lets the thread end by itself.
class SerialThread {
 public:
  // Work for when there is no task; says after how long again, and
  // InfiniteDuration: never.
  using Maintain = std::function<absl::Duration()>;

  // See base::NameThread.
  explicit SerialThread(const std::string& name)
      : SerialThread(name, nullptr) {}

  // `maintain` runs in the thread at its start, then when it is due, between
  // tasks where there is always one; not after the destructor began.
  SerialThread(const std::string& name, Maintain maintain);
  ~SerialThread();
  SerialThread(const SerialThread&) = delete;
  SerialThread& operator=(const SerialThread&) = delete;

  void Post(std::function<void()> task);

 private:
  struct State;
  static void Run(State& state, const Maintain& maintain);

  const std::shared_ptr<State> state_;  // Shared with the thread.
  std::thread thread_;
};

}  // namespace segrid::pool
