// segrid-server fsck and repair, from outside.

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
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
Outcome RunServer(const std::string& command, const RocksStore& store,
                  const std::string& prefix = "") {
  const std::string line =
      prefix + std::string(SEGRID_SERVER) + " " + command + " --data-dir " +
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
                        "dead 0 + expired 0 + purged 0"));
}

TEST(QueueCommands, AQueueInUseIsLeftAlone) {
  RocksStore store;
  for (const char* command : {"fsck", "repair"}) {
    const Outcome refused = RunServer(command, store);
    EXPECT_EQ(refused.exit, 1);
    EXPECT_THAT(refused.output, HasSubstr("in use by another process"));
  }
}

// As another user; only root may.
constexpr char kAsNobody[] =
    "setpriv --reuid 65534 --regid 65534 --clear-groups ";

TEST(QueueCommands, WhatIsForbiddenIsNotTakenForDamage) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may become another user";
  RocksStore store;
  Fill(store);
  store.Close();
  for (const char* command : {"fsck", "repair"}) {
    const Outcome outcome = RunServer(command, store, kAsNobody);
    EXPECT_EQ(outcome.exit, 1) << outcome.output;
    EXPECT_THAT(outcome.output,
                HasSubstr("permission denied: this process runs as uid 65534"));
    EXPECT_THAT(outcome.output, HasSubstr("belongs to uid 0"));
    EXPECT_THAT(outcome.output, ::testing::Not(HasSubstr("amage")));
  }
  // One file is enough.
  const std::string chown = "chown -R 65534:65534 " +
                            fs::path(store.dir.path()).parent_path().string() +
                            " && chown 0 " + store.dir.path() +
                            "/db/CURRENT && chmod 600 " + store.dir.path() +
                            "/db/CURRENT";
  ASSERT_EQ(std::system(chown.c_str()), 0);
  const Outcome outcome = RunServer("fsck", store, kAsNobody);
  EXPECT_EQ(outcome.exit, 1) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("db/CURRENT' belongs to uid 0"));
}

TEST(QueueCommands, FsckNeedsToWriteNothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may mount";
  RocksStore store;
  Fill(store);
  store.Close();
  const std::string path = fs::path(store.dir.path()).parent_path().string();
  const auto run = [](const std::string& command) {
    return std::system((command + " 2>/dev/null").c_str()) == 0;
  };
  if (!run("mount --bind " + path + " " + path)) {
    GTEST_SKIP() << "mounts are not permitted here";
  }
  ASSERT_TRUE(run("mount -o remount,ro,bind " + path));
  const Outcome fsck = RunServer("fsck", store);
  const Outcome repair = RunServer("repair", store);
  ASSERT_TRUE(run("umount " + path));
  EXPECT_EQ(fsck.exit, 0) << fsck.output;
  EXPECT_THAT(fsck.output, HasSubstr("sound"));
  EXPECT_EQ(repair.exit, 1) << repair.output;
  EXPECT_THAT(repair.output, HasSubstr("the file system is read-only"));
  EXPECT_THAT(repair.output, ::testing::Not(HasSubstr("amage")));
}

TEST(QueueCommands, RepairKeepsTheOwnerAndTheMode) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  RocksStore store;
  Fill(store);
  store.Reopen();
  store.Close();
  const std::string path = store.dir.path();
  const std::string chown = "chown -R 65534:65534 " + path + " && find " +
                            path + " -type f -exec chmod 600 {} + && chmod " +
                            "700 " + path + "/db";
  ASSERT_EQ(std::system(chown.c_str()), 0);
  fs::remove(path + "/db/CURRENT");
  const Outcome repair = RunServer("repair", store);
  EXPECT_EQ(repair.exit, 0) << repair.output;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    struct stat found {};
    ASSERT_EQ(::lstat(entry.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_uid, 65534u) << entry.path();
    EXPECT_EQ(found.st_gid, 65534u) << entry.path();
    EXPECT_EQ(found.st_mode & 07777, entry.is_directory() ? 0700u : 0600u)
        << entry.path();
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
  EXPECT_THAT(repair.output, HasSubstr("2 accepted Tracks lost"));
  const Outcome after = RunServer("fsck", store);
  EXPECT_EQ(after.exit, 0) << after.output;
  store.Reopen();
  EXPECT_EQ(store.calls().Append("prod", {"d"}).accepted, 1);
}

}  // namespace
}  // namespace segrid::queue
