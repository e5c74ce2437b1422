// Unix sockets: who may connect.

#include "server/http/listen_socket.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::httpd {
namespace {

class ListenSocketTest : public ::testing::Test {
 protected:
  absl::StatusOr<ListenSocket> Open(const config::UnixFile& file) {
    return ListenSocket::Open("unix:" + path_, file);
  }
  struct stat Look() const {
    struct stat found {};
    EXPECT_EQ(::stat(path_.c_str(), &found), 0);
    return found;
  }

  const tests::ScratchDir dir_;
  const std::string path_ = dir_.Path("a.sock");
};

TEST_F(ListenSocketTest, GivesTheFileItsModeWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  for (const auto& [text, mode] : {std::pair<const char*, mode_t>{"0660", 0660},
                                   {"666", 0666},
                                   {"0600", 0600},
                                   {"", 0700}}) {
    const auto socket = Open({.mode = text, .group = ""});
    ASSERT_TRUE(socket.ok()) << socket.status();
    EXPECT_EQ(Look().st_mode & 07777, mode) << text;
  }
  ::umask(before);
}

TEST_F(ListenSocketTest, GivesTheFileItsGroup) {
  const gid_t own = ::getgid();
  const auto by_number = Open({.mode = "", .group = std::to_string(own)});
  ASSERT_TRUE(by_number.ok()) << by_number.status();
  EXPECT_EQ(Look().st_gid, own);
}

TEST_F(ListenSocketTest, RefusesAGroupThatIsNotThere) {
  for (const char* group : {"no-such-group-of-ours", "99999999999"}) {
    const auto socket = Open({.mode = "", .group = group});
    EXPECT_EQ(base::ReasonOf(socket.status()), "CANNOT_LISTEN");
    EXPECT_THAT(std::string(socket.status().message()),
                ::testing::HasSubstr(group));
    EXPECT_NE(::access(path_.c_str(), F_OK), 0) << "nothing is left behind";
  }
}

}  // namespace
}  // namespace segrid::httpd
