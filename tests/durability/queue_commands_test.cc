// segrid-server fsck and repair, from outside.

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/queue/rocksdb/rocks_store.h"

namespace segrid::queue {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

struct Outcome {
  int exit = -1;
  std::string output;  // Both streams.
};

// Runs a command on the data directory that the store's directory is in.
Outcome RunServer(const std::string& command, const RocksStore& store) {
  const std::string line =
      std::string(SEGRID_SERVER) + " " + command + " --data-dir " +
      fs::path(store.dir.path()).parent_path().string() + " 2>&1";
  Outcome outcome;
  FILE* const pipe = ::popen(line.c_str(), "r");
  std::array<char, 4096> buffer{};
  while (const std::size_t size =
             std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.output.append(buffer.data(), size);
  }
  outcome.exit = WEXITSTATUS(::pclose(pipe));
  return outcome;
}

// Three accepted, one of them delivered.
void Fill(RocksStore& store) {
  store.calls().Append("prod", {"a", "b", "c"});
  const Lease lease = store.calls().Take("prod", 1);
  ASSERT_TRUE(store.calls().Ack(testing::AllOf("prod", lease)).ok());
}

TEST(QueueCommands, FsckPrintsTheLedger) {
  RocksStore store;
  Fill(store);
  store.Close();
  const Outcome fsck = RunServer("fsck", store);
  EXPECT_EQ(fsck.exit, 0) << fsck.output;
  EXPECT_THAT(fsck.output, HasSubstr("sound"));
  EXPECT_THAT(fsck.output,
              HasSubstr("source prod: accepted 3 = delivered 1 + pending 2 + "
                        "dead 0 + expired 0"));
}

TEST(QueueCommands, AQueueInUseIsLeftAlone) {
  RocksStore store;
  for (const char* command : {"fsck", "repair"}) {
    const Outcome refused = RunServer(command, store);
    EXPECT_EQ(refused.exit, 1);
    EXPECT_THAT(refused.output, HasSubstr("in use by another process"));
  }
}

TEST(QueueCommands, DamageIsNamedAndRepaired) {
  RocksStore store;
  Fill(store);
  store.Reopen();  // Sorts what there is into files.
  store.Close();
  for (const auto& entry : fs::directory_iterator(store.dir.path() + "/db")) {
    if (entry.path().extension() == ".sst") fs::remove(entry.path());
  }
  const Outcome fsck = RunServer("fsck", store);
  EXPECT_EQ(fsck.exit, 1) << fsck.output;
  EXPECT_THAT(fsck.output, HasSubstr("damage: "));
  const Outcome repair = RunServer("repair", store);
  EXPECT_EQ(repair.exit, 0) << repair.output;
  EXPECT_THAT(repair.output, HasSubstr("3 accepted Tracks lost"));
  const Outcome after = RunServer("fsck", store);
  EXPECT_EQ(after.exit, 0) << after.output;
  store.Reopen();
  EXPECT_EQ(store.calls().Append("prod", {"d"}).accepted, 1);
}

}  // namespace
}  // namespace segrid::queue
