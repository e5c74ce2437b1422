#include "bench/suite/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace segrid::bench {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(10);
constexpr absl::Duration kGrace = absl::Seconds(5);
constexpr std::size_t kLogTailBytes = 600;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// What to show of a log.
std::string TailOf(const std::string& log_path) {
  std::string log = ReadAll(log_path);
  if (log.size() > kLogTailBytes) log.erase(0, log.size() - kLogTailBytes);
  return log.empty() ? "nothing" : log;
}

// In the child, between fork and exec: system calls only.
[[noreturn]] void Become(char* const* argv, int log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // It died before the line above.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execvp(argv[0], argv);
  _exit(127);
}

}  // namespace

absl::StatusOr<ChildProcess> ChildProcess::Start(
    const std::vector<std::string>& arguments, const std::string& log_path) {
  const int log =
      open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) {
    return absl::NotFoundError(
        absl::StrCat(log_path, ": ", std::strerror(errno)));
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) Become(argv.data(), log, parent);
  close(log);
  if (pid < 0) {
    return absl::NotFoundError(absl::StrCat("cannot start ", arguments[0], ": ",
                                            std::strerror(errno)));
  }
  return ChildProcess(pid);
}

bool ChildProcess::is_running() {
  if (pid_ == 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = 0;
  exit_code_ =
      WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return false;
}

ChildProcess::~ChildProcess() {
  if (pid_ == 0) return;
  kill(pid_, SIGTERM);
  const absl::Time deadline = absl::Now() + kGrace;
  while (is_running()) {
    if (absl::Now() > deadline) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      return;
    }
    absl::SleepFor(kPoll);
  }
}

absl::StatusOr<TemporaryDirectory> TemporaryDirectory::Make() {
  const char* const base = std::getenv("TMPDIR");
  std::string path =
      absl::StrCat(base == nullptr ? "/tmp" : base, "/segrid-bench-XXXXXX");
  if (mkdtemp(path.data()) == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot make a temporary directory ", path, ": ",
                     std::strerror(errno)));
  }
  return TemporaryDirectory(std::move(path));
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

absl::StatusOr<std::string> AwaitLine(ChildProcess& child,
                                      const std::string& path,
                                      const std::string& log_path,
                                      absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  while (true) {
    const bool is_running = child.is_running();
    const std::string text = ReadAll(path);
    const std::size_t end = text.find('\n');
    if (end != std::string::npos) return text.substr(0, end);
    if (!is_running || absl::Now() > deadline) break;
    absl::SleepFor(kPoll);
  }
  return absl::UnavailableError(absl::StrCat(
      "the program did not start serving; it said: ", TailOf(log_path)));
}

absl::Status RunToEnd(const std::vector<std::string>& arguments,
                      const std::string& log_path, absl::Duration patience) {
  absl::StatusOr<ChildProcess> child = ChildProcess::Start(arguments, log_path);
  if (!child.ok()) return absl::UnavailableError(child.status().message());
  const absl::Time deadline = absl::Now() + patience;
  while (child->is_running()) {
    if (absl::Now() > deadline) {
      return absl::UnavailableError(
          absl::StrCat(arguments[0], " did not end within ",
                       absl::FormatDuration(patience)));
    }
    absl::SleepFor(kPoll);
  }
  if (child->exit_code() == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(arguments[0], " ended with ",
                                             child->exit_code(),
                                             "; it said: ", TailOf(log_path)));
}

}  // namespace segrid::bench
