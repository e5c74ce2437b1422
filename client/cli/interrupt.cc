#include "client/cli/interrupt.h"

#include <pthread.h>

namespace segrid::cli {
namespace {

// Ends the thread that waits.
constexpr int kWake = SIGUSR1;

}  // namespace

Interrupt::Interrupt() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, kWake);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  thread_ = std::thread([this] {
    int signal = 0;
    if (sigwait(&signals_, &signal) != 0 || signal == kWake) return;
    stop_.request_stop();
    if (sigwait(&signals_, &signal) != 0 || signal == kWake) return;
    // Whoever asks twice does not want to wait.
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    raise(signal);
  });
}

Interrupt::~Interrupt() {
  pthread_kill(thread_.native_handle(), kWake);
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace segrid::cli
