#include "core/base/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace segrid::base {
namespace {

class ReadFileTest : public ::testing::Test {
 protected:
  ReadFileTest() : folder_(::testing::TempDir() + "segrid_read_file_XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~ReadFileTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const {
    return folder_ + "/" + name;
  }
  std::string MakePipe() const {
    EXPECT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
    return Path("pipe");
  }

  std::string folder_;
};

TEST_F(ReadFileTest, GivesAllUpToTheBound) {
  const std::string text("a\0b\n", 4);
  std::ofstream(Path("file"), std::ios::binary) << text;
  EXPECT_EQ(*ReadFile(Path("file"), 4), text);
  EXPECT_EQ(*ReadFile(Path("file"), 100), text);
  EXPECT_TRUE(absl::IsResourceExhausted(ReadFile(Path("file"), 3).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(ReadFile("/dev/zero", 4).status()));
  EXPECT_EQ(*ReadFile("/dev/null", 4), "");
}

TEST_F(ReadFileTest, SaysWhyNot) {
  const absl::Status missing = ReadFile(Path("none"), 4).status();
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_EQ(missing.message().find("none"), absl::string_view::npos);
  EXPECT_FALSE(ReadFile(folder_, 4).ok());
}

TEST_F(ReadFileTest, DoesNotWaitForAPipesWriter) {
  const absl::Status silent =
      ReadFile(MakePipe(), 4, absl::Milliseconds(20)).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(silent)) << silent;
}

TEST_F(ReadFileTest, DoesNotWaitForAPipesEnd) {
  const std::string pipe = MakePipe();
  const int held = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::write(held, "abc", 3), 3);
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      ReadFile(pipe, 100, absl::Milliseconds(20)).status()));
  ::close(held);
}

TEST_F(ReadFileTest, TakesWhatAPipeGives) {
  const std::string pipe = MakePipe();
  std::thread writer([&pipe] { std::ofstream(pipe) << "abc"; });
  const auto text = ReadFile(pipe, 100);
  writer.join();
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, "abc");
}

}  // namespace
}  // namespace segrid::base
