#include "tests/testing/postgres_server.h"

#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <utility>

namespace segrid::tests {
namespace {

namespace fs = std::filesystem;

constexpr char kPrograms[] = "/usr/lib/postgresql";
constexpr int kEndMilliseconds = 10'000;
constexpr char kPort[] = "5432";  // Names the socket only.

// The newest version's folder of programs, or "".
std::string FindPrograms() {
  std::string found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(kPrograms, none)) {
    const fs::path programs = entry.path() / "bin";
    if (fs::exists(programs / "initdb") && programs.string() > found) {
      found = programs.string();
    }
  }
  return found;
}

std::string ShellWord(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  quoted += '\'';
  return quoted;
}

// PostgreSQL refuses to run as root; Debian's package brings this user.
bool IsRoot() { return ::getuid() == 0; }

std::string MakeFolder() {
  std::string name = (fs::temp_directory_path() / "segrid_pg_XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    std::perror(name.c_str());
    std::abort();
  }
  if (IsRoot()) {
    const passwd* const user = ::getpwnam("postgres");
    if (user == nullptr || ::chown(name.c_str(), user->pw_uid, user->pw_gid)) {
      std::cerr << "there is no user postgres\n";
      std::abort();
    }
  }
  return name;
}

}  // namespace

bool PostgresServer::Installed() { return !FindPrograms().empty(); }

PostgresServer::PostgresServer(const Options& options)
    : folder_(MakeFolder()), options_(options) {
  // The URL's user need not be one of the system.
  Run({Program("initdb"), "-D", folder_ + "/data", "-U", "segrid", "-A",
       "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"});
  Start();
}

PostgresServer::~PostgresServer() {
  Run({Program("pg_ctl"), "stop", "-D", folder_ + "/data", "-m", "immediate",
       "-w"});
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string PostgresServer::Url(const std::string& database,
                                const std::string& role) const {
  std::string host;  // Slashes of the socket's folder, escaped.
  for (const char c : folder_) {
    if (c == '/') {
      host += "%2F";
    } else {
      host += c;
    }
  }
  return "postgresql://" + role + "@" + host + ":" + kPort + "/" + database;
}

std::string PostgresServer::Query(const std::string& sql,
                                  const std::string& database) const {
  return Run({Program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
              "-h", folder_, "-p", kPort, "-U", "segrid", "-d", database, "-c",
              sql});
}

void PostgresServer::Start() {
  std::string settings = "-c listen_addresses='' -p " + std::string(kPort) +
                         " -k " + folder_ +
                         (options_.fsync ? "" : " -c fsync=off");
  for (const std::string& setting : options_.settings) {
    settings += " -c " + setting;
  }
  Run({Program("pg_ctl"), "start", "-D", folder_ + "/data", "-l",
       folder_ + "/log", "-w", "-o", settings});
}

void PostgresServer::Stop() {
  Run({Program("pg_ctl"), "stop", "-D", folder_ + "/data", "-m", "fast", "-w"});
}

void PostgresServer::Kill() {
  pid_t postmaster = 0;
  std::ifstream(folder_ + "/data/postmaster.pid") >> postmaster;
  if (postmaster <= 1) return;
  const int process =
      static_cast<int>(::syscall(SYS_pidfd_open, postmaster, 0));
  // Stopped first, so that it starts no new children while the old ones end.
  ::kill(postmaster, SIGSTOP);
  const std::string children = "pkill -9 -P " + std::to_string(postmaster);
  [[maybe_unused]] const int ended = std::system(children.c_str());
  ::kill(postmaster, SIGKILL);
  pollfd end = {.fd = process, .events = POLLIN, .revents = 0};
  ::poll(&end, 1, kEndMilliseconds);
  ::close(process);
  // Until somebody has waited for the process, the next start would take it for
  // one that still runs.
  fs::remove(folder_ + "/data/postmaster.pid");
  fs::remove(folder_ + "/.s.PGSQL." + kPort + ".lock");
}

std::string PostgresServer::Program(const std::string& name) const {
  return FindPrograms() + "/" + name;
}

std::string PostgresServer::Run(const std::vector<std::string>& command) const {
  std::string line = "cd / && ";
  if (IsRoot())
    line += "setpriv --reuid=postgres --regid=postgres --clear-groups ";
  for (const std::string& word : command) line += ShellWord(word) + " ";
  line += "2>&1";
  // pg_ctl's server would keep the pipe open.
  const bool starts = command.size() > 1 && command[1] == "start";
  if (starts) line += " >/dev/null";
  FILE* const pipe = ::popen(line.c_str(), "r");
  std::string output;
  char block[4096];
  while (const std::size_t read = std::fread(block, 1, sizeof(block), pipe)) {
    output.append(block, read);
  }
  const bool may_fail = command[1] == "stop" || command[1] == "-X";
  if (::pclose(pipe) != 0 && !may_fail) {
    std::ostringstream log;
    log << std::ifstream(folder_ + "/log").rdbuf();
    std::cerr << line << "\n" << output << log.str() << std::endl;
    std::abort();
  }
  while (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

}  // namespace segrid::tests
