#include "core/base/access_error.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::base {
namespace {

using ::testing::HasSubstr;

TEST(AccessError, NamesWhatEachErrorMeans) {
  EXPECT_EQ(DescribeAccessError("/x", EROFS), "the file system is read-only");
  EXPECT_EQ(DescribeAccessError("/x", ENOENT), "No such file or directory");
  const std::string denied = DescribeAccessError("/", EACCES);
  EXPECT_THAT(denied, HasSubstr("permission denied: this process runs as uid " +
                                std::to_string(::geteuid())));
  EXPECT_THAT(denied, HasSubstr("'/' belongs to uid 0"));
}

TEST(AccessError, NamesTheFolderThatIsClosed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may become another user";
  std::string folder = ::testing::TempDir() + "access-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  std::filesystem::create_directories(folder + "/inner");
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(2);
    const std::string text = DescribeAccessError(folder + "/inner/x", EACCES);
    ::_exit(text == "permission denied: this process runs as uid 65534, '" +
                        folder + "' belongs to uid 0 and has mode 0700"
                ? 0
                : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace segrid::base
