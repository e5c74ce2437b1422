// A program that runs beside the measurement.

#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace segrid::bench {

// Runs a program and ends it in the destructor: SIGTERM, and SIGKILL 5 s later.
// It also ends when this process dies. Thread safety: none.
class ChildProcess {
 public:
  // `arguments`: the program's path first; found through PATH without a slash.
  // Its standard output and error go to `log_path`. NOT_FOUND when it cannot be
  // started.
  static absl::StatusOr<ChildProcess> Start(
      const std::vector<std::string>& arguments, const std::string& log_path);

  ChildProcess(ChildProcess&& other) noexcept
      : pid_(other.pid_), exit_code_(other.exit_code_) {
    other.pid_ = 0;
  }
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  int pid() const { return pid_; }
  bool is_running();
  // Of a program that has ended: 128 + the signal's number where one ended it.
  int exit_code() const { return exit_code_; }

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;  // 0: nothing to end.
  int exit_code_ = 0;
};

// A directory that is deleted, with everything in it, in the end.
class TemporaryDirectory {
 public:
  static absl::StatusOr<TemporaryDirectory> Make();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept {
    path_.swap(other.path_);
  }
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// Waits until `path` holds a whole line and `child` still runs, and returns the
// line. UNAVAILABLE with the end of `log_path` when it ends or time is up.
absl::StatusOr<std::string> AwaitLine(ChildProcess& child,
                                      const std::string& path,
                                      const std::string& log_path,
                                      absl::Duration patience);

// Runs a program to its end. UNAVAILABLE, with the end of `log_path`, when it
// cannot be started, fails, or takes longer than `patience`.
absl::Status RunToEnd(const std::vector<std::string>& arguments,
                      const std::string& log_path, absl::Duration patience);

}  // namespace segrid::bench
