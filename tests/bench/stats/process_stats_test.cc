#include "bench/stats/process_stats.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::bench {
namespace {

TEST(ProcessStats, ReadsThisProcessAndByItsIdTheSame) {
  const auto self = ReadProcess(0);
  const auto by_id = ReadProcess(getpid());
  ASSERT_TRUE(self.has_value());
  ASSERT_TRUE(by_id.has_value());
  EXPECT_GT(self->rss_bytes, 1 << 20);
  EXPECT_GE(self->peak_rss_bytes, self->rss_bytes);
  EXPECT_NEAR(by_id->cpu_seconds, self->cpu_seconds, 0.1);
}

TEST(ProcessStats, HasNothingOnAProcessThatIsNotThere) {
  EXPECT_FALSE(ReadProcess(999'999'999).has_value());
}

TEST(ProcessStats, FindsWhoListensAtAPort) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(
      bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
      0);
  socklen_t size = sizeof(address);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string port = std::to_string(ntohs(address.sin_port));
  EXPECT_EQ(FindListener("127.0.0.1:" + port), 0) << "it does not listen yet";
  ASSERT_EQ(listen(listener, 1), 0);
  EXPECT_EQ(FindListener("127.0.0.1:" + port), getpid());
  EXPECT_EQ(FindListener("localhost:" + port), getpid());
  EXPECT_EQ(FindListener("192.0.2.1:" + port), 0) << "another machine";
  close(listener);
}

TEST(ProcessStats, FindsWhoListensAtAPath) {
  const tests::ScratchDir directory;
  const std::string path = directory.Path("socket");
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  ASSERT_EQ(
      bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
      0);
  ASSERT_EQ(listen(listener, 1), 0);
  EXPECT_EQ(FindListener("unix:" + path), getpid());
  close(listener);
}

}  // namespace
}  // namespace segrid::bench
