// kill -9 of a program with Segrid inside: what was acknowledged is there
// afterwards. SEGRID_EMBEDDED_KILLS: how often (default 10).

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>

#include "client/client.h"
#include "server/embedded/embedded.h"
#include "tests/client/scratch_dir.h"

namespace segrid {
namespace {

// Runs the child to its death and adds what it said.
void RunChild(const std::string& directory, int run, int count,
              std::set<std::string>& acknowledged) {
  std::string command = "exec " SEGRID_EMBEDDED_CHILD " '";
  command.append(directory).append("' r").append(std::to_string(run));
  command.append(" ").append(std::to_string(count));
  std::FILE* const child = ::popen(command.c_str(), "r");
  ASSERT_NE(child, nullptr);
  char line[200];
  while (std::fgets(line, sizeof line, child) != nullptr) {
    const std::string text = line;
    ASSERT_EQ(text.rfind("A ", 0), 0u) << text;
    acknowledged.insert(text.substr(2, text.size() - 3));
  }
  const int status = ::pclose(child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
}

// How often each event was delivered, by its id without the source's tag.
std::map<std::string, int> Delivered(const std::string& file) {
  std::map<std::string, int> counts;
  std::ifstream lines(file);
  const std::string key = "\"messageId\":\"";
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.find(key) + key.size();
    const std::string id = line.substr(begin, line.find('"', begin) - begin);
    ++counts[id.substr(0, id.rfind('-'))];
  }
  return counts;
}

TEST(EmbeddedCrash, LosesNothingThatWasAcknowledged) {
  const char* const text = std::getenv("SEGRID_EMBEDDED_KILLS");
  const int kills = text == nullptr ? 10 : std::atoi(text);
  const tests::ScratchDir dir;
  std::mt19937 random(std::random_device{}());
  std::set<std::string> acknowledged;
  for (int run = 0; run < kills; ++run) {
    RunChild(dir.Path("data"), run, static_cast<int>(1 + random() % 300),
             acknowledged);
    if (HasFatalFailure()) return;
  }
  ASSERT_GE(acknowledged.size(), static_cast<std::size_t>(kills));

  const auto embedded = Embedded::Start(
      {.config_text =
           "sources: [{name: prod, receiver: file, path: prod.ndjson}]\n",
       .data_dir = dir.Path("data")});
  ASSERT_TRUE(embedded.ok()) << embedded.error();
  // Each of them is known: none is accepted a second time.
  const Client client((*embedded)->connection());
  v1::ForwardRequest again;
  for (const std::string& id : acknowledged) {
    v1::SendGridEvent& event = *again.add_events();
    event.set_event("open");
    event.set_email("ada@example.com");
    event.set_timestamp(1'591'726'752);
    event.set_sg_event_id(id);
  }
  const auto answer = client.Forward(again);
  ASSERT_TRUE(answer.ok()) << answer.error();
  EXPECT_EQ(answer->accepted_count(), 0);
  EXPECT_EQ(answer->duplicate_count(),
            static_cast<std::int64_t>(acknowledged.size()));

  EXPECT_TRUE((*embedded)->Drain(std::chrono::seconds(20)));
  const auto delivered = Delivered(dir.Path("data/prod.ndjson"));
  for (const std::string& id : acknowledged) {
    EXPECT_EQ(delivered.count(id), 1u) << id << " was acknowledged and lost";
  }
  std::printf("%d kills, %zu events acknowledged, 0 lost\n", kills,
              acknowledged.size());
}

}  // namespace
}  // namespace segrid
