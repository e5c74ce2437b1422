#include "server/app/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <utility>

#include "core/base/thread_name.h"

namespace segrid::app {
namespace {

sigset_t OurSignals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGHUP);
  return set;
}

// For poll(): milliseconds, or -1 for ever.
int WaitOf(absl::Duration tick) {
  if (tick >= absl::Hours(24 * 20)) return -1;
  return static_cast<int>(
      std::max<std::int64_t>(absl::ToInt64Milliseconds(tick), 1));
}

}  // namespace

void BlockSignals() {
  const sigset_t set = OurSignals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // A closed log pipe is no reason to die.
}

SignalThread::SignalThread(Handlers handlers)
    : handlers_(std::move(handlers)),
      signals_([] {
        const sigset_t set = OurSignals();
        return ::signalfd(-1, &set, SFD_CLOEXEC);
      }()),
      ended_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { Run(); }) {}

SignalThread::~SignalThread() {
  const std::uint64_t one = 1;
  while (::write(ended_, &one, sizeof(one)) < 0) {
  }
  thread_.join();
  ::close(signals_);
  ::close(ended_);
}

void SignalThread::Run() const {
  base::NameThread("signals");
  int interrupts = 0;
  std::array<pollfd, 2> files = {{{signals_, POLLIN, 0}, {ended_, POLLIN, 0}}};
  const int wait = handlers_.on_tick == nullptr ? -1 : WaitOf(handlers_.tick);
  for (;;) {
    const int ready = ::poll(files.data(), files.size(), wait);
    if (ready == 0) handlers_.on_tick();
    if (ready <= 0) continue;
    if (files[1].revents != 0) return;
    signalfd_siginfo signal;
    if (::read(signals_, &signal, sizeof(signal)) != sizeof(signal)) continue;
    if (signal.ssi_signo == SIGHUP) {
      if (handlers_.on_reload != nullptr) handlers_.on_reload();
    } else if (signal.ssi_signo == SIGINT && ++interrupts > 1) {
      handlers_.on_interrupt_again();
    } else {
      handlers_.on_stop();
    }
  }
}

}  // namespace segrid::app
