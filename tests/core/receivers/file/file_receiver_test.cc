#include "core/receivers/file/file_receiver.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::receivers::file {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<std::unique_ptr<FileReceiver>> Open(FileOptions options) {
  static base::SystemClock clock;
  return FileReceiver::Open(std::move(options), clock);
}

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

SendResult Send(FileReceiver& receiver, std::vector<std::string_view> tracks) {
  SendResult result;
  receiver.Send({.tracks = std::move(tracks)},
                [&](SendResult got) { result = std::move(got); });
  return result;
}

TEST(FileReceiver, WritesOneTrackPerLine) {
  const tests::ScratchDir scratch;
  const std::string path = scratch.Path("a/b/tracks.ndjson");
  const auto receiver = Open({.path = path});
  ASSERT_TRUE(receiver.ok()) << receiver.status();
  EXPECT_EQ((*receiver)->endpoint(), path);
  EXPECT_EQ(Send(**receiver, {"{\"a\":1}", "{}"}).verdict, Verdict::kDelivered);
  EXPECT_EQ(Read(path), "{\"a\":1}\n{}\n");
  EXPECT_EQ(Send(**receiver, {"{\"b\":2}"}).verdict, Verdict::kDelivered);
  EXPECT_EQ(Read(path), "{\"a\":1}\n{}\n{\"b\":2}\n");
}

TEST(FileReceiver, AppendsToWhatIsThere) {
  const tests::ScratchDir scratch;
  const std::string path = scratch.Write("tracks.ndjson", "{}\n");
  Send(**Open({.path = path}), {"{\"a\":1}"});
  EXPECT_EQ(Read(path), "{}\n{\"a\":1}\n");
}

TEST(FileReceiver, CutsOffWhatACrashLeftOfALine) {
  const std::string long_line = std::string(10'000, 'x');
  for (const std::string& rest : {std::string("{\"half"), long_line}) {
    const tests::ScratchDir scratch;
    const std::string path = scratch.Write("tracks.ndjson", "{}\n" + rest);
    const auto receiver = Open({.path = path}).value();
    // Not before it writes: another receiver may be in the middle of a line.
    EXPECT_EQ(Read(path), "{}\n" + rest);
    Send(*receiver, {"{\"a\":1}"});
    EXPECT_EQ(Read(path), "{}\n{\"a\":1}\n");
    scratch.Write("tracks.ndjson", rest);
    Send(**Open({.path = path}), {"{\"a\":1}"});
    EXPECT_EQ(Read(path), "{\"a\":1}\n");
  }
}

TEST(FileReceiver, BeginsANewFileWhenItsOwnWasMovedOrDeleted) {
  const tests::ScratchDir scratch;
  const std::string path = scratch.Path("tracks.ndjson");
  const auto receiver = Open({.path = path}).value();
  Send(*receiver, {"1"});
  ASSERT_EQ(std::rename(path.c_str(), scratch.Path("moved").c_str()), 0);
  Send(*receiver, {"2"});
  EXPECT_EQ(Read(scratch.Path("moved")), "1\n");
  EXPECT_EQ(Read(path), "2\n");
  ASSERT_EQ(std::remove(path.c_str()), 0);
  Send(*receiver, {"3"});
  EXPECT_EQ(Read(path), "3\n");
}

// On a full disk nothing more might come that would let go of it.
TEST(FileReceiver, DeletingItsFileGivesTheSpaceBackAtOnce) {
  const tests::ScratchDir scratch;
  const std::string path = scratch.Path("tracks.ndjson");
  const auto receiver = Open({.path = path}).value();
  Send(*receiver, {"1"});
  ASSERT_EQ(std::remove(path.c_str()), 0);
  for (const auto& open :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    EXPECT_THAT(std::filesystem::read_symlink(open.path(), gone).string(),
                ::testing::Not(HasSubstr(path)));
  }
}

TEST(FileReceiver, CutsOffWhatSomebodyElseAddedWithoutALineEnd) {
  const tests::ScratchDir scratch;
  const std::string path = scratch.Path("tracks.ndjson");
  const auto receiver = Open({.path = path}).value();
  Send(*receiver, {"1"});
  scratch.Write("tracks.ndjson", "1\n2\nhal");
  Send(*receiver, {"3"});
  EXPECT_EQ(Read(path), "1\n2\n3\n");
}

TEST(FileReceiver, KeepsItsFileFromOthers) {
  const tests::ScratchDir scratch;
  const std::string path = scratch.Path("tracks.ndjson");
  ASSERT_TRUE(Open({.path = path}).ok());
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(FileReceiver, SaysWhichPathIsBadAndWhy) {
  const tests::ScratchDir scratch;
  const std::string file = scratch.Write("file", "");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "empty"},
      {scratch.Path(""), "directory"},
      {absl::StrCat(file, "/tracks"), file},
      {"/proc/no/such/tracks", "/proc/no/such"},
  };
  for (const auto& [path, words] : cases) {
    const auto receiver = Open({.path = path});
    EXPECT_EQ(base::ReasonOf(receiver.status()), "BAD_PATH") << path;
    EXPECT_THAT(std::string(receiver.status().message()), HasSubstr(words));
  }
}

TEST(FileReceiver, AFullDiskIsRetriedAndLeavesNoHalfLine) {
  const tests::ScratchDir scratch;
  const std::string path = scratch.Path("tracks.ndjson");
  const auto receiver = Open({.path = path}).value();
  ASSERT_EQ(Send(*receiver, {"{\"a\":1}"}).verdict, Verdict::kDelivered);

  // A limit of the size of files stands for the disk; its signal is not meant.
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small{.rlim_cur = 20, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const SendResult full = Send(*receiver, {"{\"b\":2}", "{\"c\":3}"});
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);

  EXPECT_EQ(full.verdict, Verdict::kRetry);
  EXPECT_THAT(full.detail, HasSubstr(path));
  EXPECT_EQ(Read(path), "{\"a\":1}\n");
  EXPECT_EQ(Send(*receiver, {"{\"b\":2}"}).verdict, Verdict::kDelivered);
  EXPECT_EQ(Read(path), "{\"a\":1}\n{\"b\":2}\n");
}

TEST(FileReceiver, RefusesWhatIsNoFileForTracks) {
  const tests::ScratchDir scratch;
  const std::string dir = scratch.Path("");
  std::filesystem::create_directories(dir + "/queue");
  std::filesystem::create_directories(dir + "/folder");
  ASSERT_EQ(::mkfifo((dir + "/fifo").c_str(), 0600), 0);
  std::filesystem::create_symlink("queue/new", dir + "/link");
  for (const char* path : {"fifo", "folder", "link", "queue/new", "lock"}) {
    const auto receiver = Open({.data_dir = dir, .path = path});
    EXPECT_EQ(base::ReasonOf(receiver.status()), "BAD_PATH") << path;
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir + "/queue"));
}

// Nothing that was written to such a thing would be found again.
TEST(FileReceiver, KeepsTracksWhenSomethingElseTookTheFilesPlace) {
  const tests::ScratchDir scratch;
  const std::string dir = scratch.Path("");
  const std::string path = dir + "/tracks.ndjson";
  std::filesystem::create_directories(dir + "/queue");
  const auto receiver = Open({.data_dir = dir, .path = "tracks.ndjson"});
  ASSERT_TRUE(receiver.ok()) << receiver.status();
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  SendResult result = Send(**receiver, {"{}"});
  EXPECT_EQ(result.verdict, Verdict::kRetry);
  EXPECT_THAT(result.detail, HasSubstr("it is a FIFO"));
  std::filesystem::remove(path);
  std::filesystem::create_symlink("queue/new", path);
  result = Send(**receiver, {"{}"});
  EXPECT_EQ(result.verdict, Verdict::kRetry);
  EXPECT_THAT(result.detail, HasSubstr("the server's own files"));
  EXPECT_TRUE(std::filesystem::is_empty(dir + "/queue"));
  std::filesystem::remove(path);
  EXPECT_EQ(Send(**receiver, {"{}"}).verdict, Verdict::kDelivered);
}

TEST(FileReceiver, BatchesOfSeveralThreadsDoNotMix) {
  const tests::ScratchDir scratch;
  const std::string path = scratch.Path("tracks.ndjson");
  const auto receiver = Open({.path = path}).value();
  const std::string line(5'000, 'x');
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) Send(*receiver, {line, line});
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::ifstream file(path);
  int lines = 0;
  for (std::string read; std::getline(file, read); ++lines) {
    ASSERT_EQ(read, line);
  }
  EXPECT_EQ(lines, 400);
}

}  // namespace
}  // namespace segrid::receivers::file
