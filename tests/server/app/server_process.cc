#include "tests/server/app/server_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace segrid::app {
namespace {

constexpr const char* kProgram = SEGRID_BINARY_DIR "/bin/segrid-server";

// In the child: becomes the program. Only calls that are safe after fork().
[[noreturn]] void Become(const std::string& directory, char* const* arguments) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::chdir(directory.c_str()) == 0) ::execv(kProgram, arguments);
  ::_exit(126);
}

}  // namespace

ServerProcess::ServerProcess(const std::string& directory,
                             std::vector<std::string> arguments)
    : started_(absl::Now()) {
  ::unsetenv("SEGMENT_WRITE_KEY");
  ::unsetenv("GRPC_VERBOSITY");
  arguments.insert(arguments.begin(), kProgram);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::array<int, 2> ends;
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    Become(directory, argv.data());
  }
  ::close(ends[1]);
  stderr_ = ::fdopen(ends[0], "r");
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    Wait();
  }
  std::fclose(stderr_);
}

bool ServerProcess::ReadUntil(const std::string& text) {
  for (std::size_t seen = errors_.size(); ReadLine(); seen = errors_.size()) {
    if (errors_.find(text, seen) != std::string::npos) return true;
  }
  return false;
}

void ServerProcess::Signal(int number) const { ::kill(pid_, number); }

int ServerProcess::Wait() {
  while (ReadLine()) {
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  ended_ = absl::Now();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int ServerProcess::WaitWithoutReading() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  ended_ = absl::Now();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

void ServerProcess::FillErrors() const {
  const std::string path = "/proc/" + std::to_string(pid_) + "/fd/2";
  const int pipe = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  while (::write(pipe, "\n", 1) == 1) {
  }
  ::close(pipe);
}

bool ServerProcess::ReadLine() {
  char* line = nullptr;
  std::size_t capacity = 0;
  const ssize_t size = ::getline(&line, &capacity, stderr_);
  if (size > 0) errors_.append(line, static_cast<std::size_t>(size));
  std::free(line);
  return size > 0;
}

CommandOutput RunCommand(const std::string& directory,
                         std::vector<std::string> arguments) {
  std::string command = "cd '" + directory + "' && '" + kProgram + "'";
  for (const std::string& argument : arguments) {
    command.append(" '").append(argument).append("'");
  }
  const std::string out = directory + "/stdout.txt";
  const std::string err = directory + "/stderr.txt";
  command.append(" >'").append(out).append("' 2>'").append(err).append("'");
  const int status = std::system(command.c_str());
  const auto read = [](const std::string& path) {
    std::ifstream file(path);
    return std::string{std::istreambuf_iterator<char>(file), {}};
  };
  return {WEXITSTATUS(status), read(out), read(err)};
}

}  // namespace segrid::app
