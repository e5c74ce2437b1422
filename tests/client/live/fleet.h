// Real servers behind one client, that tests stop, kill and start again.

#pragma once

#include <csignal>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/client/scratch_dir.h"
#include "tests/server/app/server_process.h"

namespace segrid::tests {

// One server with a directory and a port of its own; its Tracks go to a file.
class FleetServer {
 public:
  // Starts, and waits until it serves.
  FleetServer();

  // `127.0.0.1:<port>`; the same after each start.
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // Starts it again, after Stop() or Kill(), and waits until it serves.
  void Start();
  // SIGTERM: drains, and ends.
  void Stop();
  // SIGKILL.
  void Kill();
  // SIGSTOP and SIGCONT.
  void Freeze() { process_->Signal(SIGSTOP); }
  void Thaw() { process_->Signal(SIGCONT); }

  // How often each message id was delivered, so far.
  std::map<std::string, int> Delivered() const;

 private:
  void Launch(int port);

  ScratchDir dir_;
  int port_ = 0;
  std::unique_ptr<app::ServerProcess> process_;
};

// A webhook body of `count` events with ids `<prefix>-0` and so on; their
// message ids are the same with the source's tag.
std::string FleetEvents(const std::string& prefix, int count);

// Lets time pass while other processes work or are away: the outage itself is
// what is tested.
void PassTime(absl::Duration time);

// An environment variable as a number, or `otherwise`.
int NumberFromEnvironment(const char* name, int otherwise);

}  // namespace segrid::tests
