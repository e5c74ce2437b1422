#include "client/cli/interrupt.h"

#include <pthread.h>

#include <ctime>

namespace segrid::cli {
namespace {

// Ends the thread that waits.
constexpr int kWake = SIGUSR1;

// Shells and tools that pass a Ctrl-C on make two of one; people take longer.
constexpr timespec kOneCtrlC = {.tv_sec = 0, .tv_nsec = 250'000'000};

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
    if (sigtimedwait(&signals_, nullptr, &kOneCtrlC) == kWake) return;
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
