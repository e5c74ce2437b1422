// What the service manager (systemd) is told, by datagrams to NOTIFY_SOCKET.

#pragma once

#include <string>

#include "absl/time/time.h"

namespace segrid::app {

// Speaks sd_notify's protocol. Without a service manager every call does
// nothing.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never; a datagram that finds no room is dropped.
// Errors:        none are told: the service goes on without its manager.
class Supervisor {
 public:
  // `socket`: a path, or with a leading @ an abstract name; "" for nobody.
  // `watchdog`: the time after which the manager takes a silent service for
  // dead; zero for never.
  Supervisor(std::string socket, absl::Duration watchdog)
      : socket_(std::move(socket)), watchdog_(watchdog) {}

  // From NOTIFY_SOCKET, and WATCHDOG_USEC if it is meant for this process.
  static Supervisor FromEnvironment();

  // How often Alive() must be called: half of what the manager waits for. Zero:
  // never.
  absl::Duration alive_interval() const { return watchdog_ / 2; }

  // The service serves. `status` is shown to people.
  void Ready(const std::string& status) const;
  void Status(const std::string& status) const;
  void Reloading() const;  // Until the next Ready.
  void Alive() const;
  // It stops, which may take `within`.
  void Stopping(absl::Duration within) const;

 private:
  void Send(const std::string& state) const;

  const std::string socket_;
  const absl::Duration watchdog_;
};

}  // namespace segrid::app
