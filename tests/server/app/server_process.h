// The real program as a child process.

#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace segrid::app {

// Runs bin/segrid-server and reads its standard error line by line. Killed at
// the end if it still runs.
class ServerProcess {
 public:
  // Arguments after the program's name. The child's working directory is
  // `directory`, its environment has neither SEGMENT_WRITE_KEY nor
  // GRPC_VERBOSITY.
  ServerProcess(const std::string& directory,
                std::vector<std::string> arguments);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Reads standard error until a line has `text`; false at its end.
  bool ReadUntil(const std::string& text);

  void Signal(int number) const;

  // Waits for the end: the exit code, or 1000 + the signal that killed it.
  int Wait();
  // The same, but what it still writes is read only when it has ended.
  int WaitWithoutReading();
  // Fills the pipe of its stderr: who writes there hangs from now on.
  void FillErrors() const;

  // What was read of standard error so far; all of it after Wait().
  const std::string& errors() const { return errors_; }

  // From the constructor to the end of Wait().
  absl::Duration lifetime() const { return ended_ - started_; }

 private:
  bool ReadLine();

  std::string errors_;
  std::FILE* stderr_ = nullptr;
  pid_t pid_ = -1;
  absl::Time started_;
  absl::Time ended_;
};

// What a command printed, and its exit code.
struct CommandOutput {
  int exit;
  std::string out;
  std::string err;
};

// Runs bin/segrid-server to its end.
CommandOutput RunCommand(const std::string& directory,
                         std::vector<std::string> arguments);

}  // namespace segrid::app
