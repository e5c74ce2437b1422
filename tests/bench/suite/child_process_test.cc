#include "bench/suite/child_process.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::bench {
namespace {

using ::testing::AllOf;
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

TEST(RunToEnd, TellsHowAProgramEnded) {
  const tests::ScratchDir directory;
  const auto run = [&](std::vector<std::string> arguments) {
    return RunToEnd(arguments, directory.Path("log"), absl::Seconds(10));
  };
  EXPECT_TRUE(run({"true"}).ok());
  EXPECT_THAT(std::string(run({"sh", "-c", "echo why; exit 4"}).message()),
              AllOf(HasSubstr("ended with 4"), HasSubstr("why")));
  EXPECT_THAT(std::string(run({"sh", "-c", "kill -9 $$"}).message()),
              HasSubstr("ended with 137"));
  EXPECT_THAT(std::string(run({"/nonexistent/program"}).message()),
              HasSubstr("/nonexistent/program"));
}

TEST(RunToEnd, EndsAProgramThatTakesTooLong) {
  const tests::ScratchDir directory;
  EXPECT_THAT(std::string(RunToEnd({"sleep", "1000"}, directory.Path("log"),
                                   absl::Milliseconds(20))
                              .message()),
              HasSubstr("did not end"));
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
