#include "core/base/data_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::base {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

class DataFile : public ::testing::Test {
 protected:
  DataFile() {
    std::string name = ::testing::TempDir() + "data-file-XXXXXX";
    dir_ = ::mkdtemp(name.data());
    fs::create_directories(dir_ / "queue/db");
    fs::create_directories(dir_ / "grpc-tls");
    std::ofstream(dir_ / "queue/lock") << "1\n";
  }
  ~DataFile() override { fs::remove_all(dir_); }

  std::string Why(const std::string& path) {
    return DescribeBadDataFile(dir_, path);
  }

  fs::path dir_;
};

TEST_F(DataFile, MayBeARegularFileOrNotThereYet) {
  std::ofstream(dir_ / "tracks.ndjson") << "x";
  fs::create_symlink("tracks.ndjson", dir_ / "link");
  fs::create_hard_link(dir_ / "tracks.ndjson", dir_ / "second");
  for (const char* good : {"tracks.ndjson", "link", "second", "new", "a/new",
                           "queue.ndjson", "a/queue/x", "locks"}) {
    EXPECT_EQ(Why(good), "") << good;
  }
}

TEST_F(DataFile, IsNothingElse) {
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
  fs::create_symlink("fifo", dir_ / "to-fifo");
  fs::create_directories(dir_ / "folder");
  fs::create_symlink("/dev/null", dir_ / "null");
  const int file = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::strncpy(address.sun_path, (dir_ / "socket").c_str(),
               sizeof(address.sun_path) - 1);
  ASSERT_EQ(
      ::bind(file, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ::close(file);
  EXPECT_THAT(Why("fifo"), HasSubstr("is a FIFO"));
  EXPECT_THAT(Why("to-fifo"), HasSubstr("is a FIFO"));
  EXPECT_THAT(Why("folder"), HasSubstr("is a directory"));
  EXPECT_THAT(Why("null"), HasSubstr("is a device"));
  EXPECT_THAT(Why("socket"), HasSubstr("is a socket"));
}

TEST_F(DataFile, IsNoneOfTheServersOwn) {
  fs::create_symlink("queue", dir_ / "folder-link");
  fs::create_symlink("queue/not-there-yet", dir_ / "link");
  fs::create_symlink("link", dir_ / "link-to-link");
  fs::create_symlink(dir_ / "grpc-tls/key", dir_ / "absolute");
  fs::create_hard_link(dir_ / "queue/lock", dir_ / "hard");
  for (const char* own :
       {"queue", "queue/x", "./queue/x", "a/../queue/x", "grpc-tls/x",
        "grpc-tls", "lock", "folder-link/x", "folder-link/db/CURRENT", "link",
        "link-to-link", "absolute", "hard"}) {
    EXPECT_THAT(Why(own), HasSubstr("the server's own")) << own;
  }
}

// It is given as an operator writes it.
TEST_F(DataFile, IsFoundThroughADataDirThatIsALink) {
  const fs::path alias = dir_.string() + "-alias";
  fs::create_symlink(dir_, alias);
  fs::create_symlink(dir_ / "queue/x", dir_ / "link");
  EXPECT_THAT(DescribeBadDataFile(alias, "link"), HasSubstr("own files"));
  EXPECT_EQ(DescribeBadDataFile(alias, "tracks.ndjson"), "");
  EXPECT_EQ(DescribeBadDataFile(alias.string() + "/", "tracks.ndjson"), "");
  fs::remove(alias);
}

}  // namespace
}  // namespace segrid::base
