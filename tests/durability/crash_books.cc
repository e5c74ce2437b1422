#include "tests/durability/crash_books.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/testing/queue_calls.h"

namespace segrid::tests {
namespace {

struct Child {
  pid_t pid = -1;
  FILE* output = nullptr;
};

Child Start(std::vector<std::string> arguments, bool sync) {
  arguments.insert(arguments.begin(), SEGRID_CRASH_CHILD);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    if (!sync) ::setenv("SEGRID_NO_SYNC", "1", 1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  return {pid, ::fdopen(ends[0], "r")};
}

// What was said of one store's messages, in one list.
std::string Some(const std::set<std::string>& ids) {
  std::string text = absl::StrCat(ids.size(), " ids, like");
  int left = 5;
  for (const std::string& id : ids) {
    if (left-- == 0) break;
    absl::StrAppend(&text, " ", id);
  }
  return text;
}

}  // namespace

bool CrashBooks::RunChild(const std::string& directory, int run, int lines) {
  return Run({directory, absl::StrCat(run)}, lines);
}

bool CrashBooks::RunChildTo(const std::string& directory, int run,
                            const std::string& step, int count) {
  return Run({directory, absl::StrCat(run), step, absl::StrCat(count)}, -1);
}

bool CrashBooks::Run(std::vector<std::string> arguments, int lines) {
  // It may be killed on its way, so it need not open the store then.
  const bool by_itself = lines < 0;
  opened_ = false;
  const Child child = Start(std::move(arguments), sync_);
  char* line = nullptr;
  std::size_t room = 0;
  ssize_t size = 0;
  while ((size = ::getline(&line, &room, child.output)) > 0) {
    if (line[size - 1] != '\n') break;  // It died while it was saying this.
    Note(std::string(line, static_cast<std::size_t>(size - 1)));
    if (!by_itself && lines-- == 0) ::kill(child.pid, SIGKILL);
  }
  std::free(line);
  std::fclose(child.output);
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
    error_ = absl::StrCat("the child ended with ", status);
  } else if (!opened_ && !by_itself) {
    error_ = "the child did not open the store";
  }
  return error_.empty();
}

void CrashBooks::Note(const std::string& line) {
  std::istringstream words(line);
  std::string word;
  words >> word;
  if (word == "O") opened_ = true;
  if (word == "L") error_ = "the ledger does not balance after a restart";
  for (std::string id; words >> id;) {
    if (word == "A") accepted_.insert(id);
    if (word == "D") Deliver(id);
  }
}

void CrashBooks::Deliver(const std::string& id) {
  if (!delivered_.insert(id).second) ++delivered_twice_;
}

std::string CrashBooks::Check(queue::Queue& queue) {
  testing::QueueCalls calls(queue);
  const auto replayed = queue.ReplayDeadLetters({.lane = "prod"});
  if (!replayed.ok()) return std::string(replayed.status().message());
  while (true) {
    const auto lease = calls.Take(queue::TakeRequest{.lane = "prod"});
    if (!lease.ok()) return std::string(lease.status().message());
    if (lease->messages.empty()) break;
    for (const std::string& id : testing::IdsOf(*lease)) Deliver(id);
    if (!calls.Ack(testing::AllOf("prod", *lease)).ok()) return "an ack failed";
  }
  std::set<std::string> lost;
  for (const std::string& id : accepted_) {
    if (!delivered_.contains(id)) lost.insert(id);
  }
  if (!lost.empty()) return absl::StrCat("lost: ", Some(lost));

  std::set<std::string> forgotten;
  for (const std::string& id : accepted_) {
    if (calls.Append("prod", {id}).duplicates != 1) forgotten.insert(id);
    if (forgotten.size() > 5) break;
  }
  if (!forgotten.empty()) {
    return absl::StrCat("accepted again: ", Some(forgotten));
  }
  const queue::LaneStats s = calls.Stats("prod");
  if (s.accepted != s.delivered || s.pending != 0 || s.expired != 0 ||
      s.accepted < std::ssize(accepted_)) {
    return absl::StrCat("ledger: accepted ", s.accepted, " delivered ",
                        s.delivered, " pending ", s.pending, " expired ",
                        s.expired, ", acknowledged ", accepted_.size());
  }
  return "";
}

}  // namespace segrid::tests
