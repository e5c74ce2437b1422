// SIGTERM, SIGINT and SIGHUP as calls of functions.

#pragma once

#include <functional>
#include <thread>

#include "absl/time/time.h"

namespace segrid::app {

// Blocks SIGTERM, SIGINT and SIGHUP in this thread and in those it will start,
// and ignores SIGPIPE. Call before anything starts threads: gRPC does so with
// its first object.
void BlockSignals();

// A thread that waits for the blocked signals.
//
// Ownership:     owns its thread.
// Thread safety: one owner; the functions run in its thread.
// Blocking:      the destructor waits for a function that runs.
class SignalThread {
 public:
  struct Handlers {
    // On each SIGTERM, and on the first SIGINT.
    std::function<void()> on_stop;
    // On each further SIGINT.
    std::function<void()> on_interrupt_again;
    // On SIGHUP. Null: it does nothing.
    std::function<void()> on_reload{};
    // Again and again, `tick` after the one before or after a signal. Null:
    // never.
    std::function<void()> on_tick{};
    absl::Duration tick = absl::InfiniteDuration();
  };

  // BlockSignals() was called before.
  explicit SignalThread(Handlers handlers);
  ~SignalThread();
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;

 private:
  void Run() const;

  const Handlers handlers_;
  const int signals_;  // signalfd
  const int ended_;    // eventfd
  std::thread thread_;
};

}  // namespace segrid::app
