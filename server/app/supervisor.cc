#include "server/app/supervisor.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "absl/strings/numbers.h"

namespace segrid::app {
namespace {

std::string Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string Microseconds(absl::Duration duration) {
  return std::to_string(absl::ToInt64Microseconds(duration));
}

// A line of its own would be another assignment.
std::string OneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

Supervisor Supervisor::FromEnvironment() {
  std::int64_t microseconds = 0;
  if (!absl::SimpleAtoi(Variable("WATCHDOG_USEC"), &microseconds)) {
    microseconds = 0;
  }
  const std::string pid = Variable("WATCHDOG_PID");
  if (!pid.empty() && pid != std::to_string(::getpid())) microseconds = 0;
  return {Variable("NOTIFY_SOCKET"),
          absl::Microseconds(std::max<std::int64_t>(microseconds, 0))};
}

void Supervisor::Ready(const std::string& status) const {
  Send("READY=1\nSTATUS=" + OneLine(status));
}

void Supervisor::Status(const std::string& status) const {
  Send("STATUS=" + OneLine(status));
}

void Supervisor::Reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  Send("RELOADING=1\nMONOTONIC_USEC=" +
       Microseconds(absl::DurationFromTimespec(now)));
}

void Supervisor::Alive() const { Send("WATCHDOG=1"); }

void Supervisor::Stopping(absl::Duration within) const {
  Send("STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=" +
       Microseconds(within));
}

void Supervisor::Send(const std::string& state) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@') address.sun_path[0] = '\0';
  const int file = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (file < 0) return;
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  (void)!::sendto(file, state.data(), state.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                  reinterpret_cast<const sockaddr*>(&address), size);
  ::close(file);
}

}  // namespace segrid::app
