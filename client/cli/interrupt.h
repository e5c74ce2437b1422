// Ctrl-C as a request to stop.

#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace segrid::cli {

// While it lives, SIGINT and SIGTERM do not end the program but ask token() to
// stop: the first time only, the second one ends it (not one within 250 ms:
// that is the same). One per program, made before other threads are.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  sigset_t signals_{};
  sigset_t before_{};
  std::thread thread_;
};

}  // namespace segrid::cli
