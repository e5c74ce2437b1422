#include "bench/suite/child_process.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::bench {
namespace {

using ::testing::HasSubstr;

TEST(ChildProcess, RunsUntilItIsDestroyed) {
  const tests::ScratchDir directory;
  const std::string log = directory.Path("log");
  int pid = 0;
  {
    auto child =
        ChildProcess::Start({"sh", "-c", "echo ready; exec sleep 1000"}, log);
    ASSERT_TRUE(child.ok()) << child.status();
    const auto line = AwaitLine(*child, log, log, absl::Seconds(10));
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_EQ(*line, "ready");
    EXPECT_TRUE(child->is_running());
    pid = child->pid();
  }
  EXPECT_NE(kill(pid, 0), 0) << "it still runs";
}

TEST(ChildProcess, SaysWhatAProgramSaidThatDidNotStart) {
  const tests::ScratchDir directory;
  const std::string log = directory.Path("log");
  auto child =
      ChildProcess::Start({"sh", "-c", "printf 'no such key'; exit 3"}, log);
  ASSERT_TRUE(child.ok());
  const auto line =
      AwaitLine(*child, directory.Path("port"), log, absl::Seconds(10));
  EXPECT_THAT(std::string(line.status().message()), HasSubstr("no such key"));
}

TEST(TemporaryDirectory, IsGoneInTheEnd) {
  std::string path;
  {
    const auto directory = TemporaryDirectory::Make();
    ASSERT_TRUE(directory.ok());
    path = directory->path();
    std::ofstream(path + "/file") << "x";
    EXPECT_TRUE(std::filesystem::exists(path + "/file"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace segrid::bench
