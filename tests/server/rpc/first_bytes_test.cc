#include "server/rpc/first_bytes.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "gtest/gtest.h"

namespace segrid::rpc {
namespace {

// A connection and its client.
class Pair {
 public:
  Pair() { socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()); }
  ~Pair() {
    close(ends_[0]);
    close(ends_[1]);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  int server() const { return ends_[0]; }
  void Send(std::string_view bytes) const {
    EXPECT_EQ(send(ends_[1], bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }
  void HangUp() const { shutdown(ends_[1], SHUT_RDWR); }

 private:
  std::array<int, 2> ends_{-1, -1};
};

FirstBytes::Connection Of(const Pair& pair) {
  return {.listener = 3,
          .descriptor = pair.server(),
          .speaks_tls = false,
          .since = absl::ZeroDuration()};
}

TEST(FirstBytes, TellsTlsFromHttp2ByTheFirstByte) {
  for (const bool is_tls : {false, true}) {
    const Pair pair;
    pair.Send(is_tls ? "\x16\x03\x01" : "PRI * HTTP/2.0");
    FirstBytes first;
    FirstBytes::Connection connection = Of(pair);
    EXPECT_FALSE(first.Add(connection)) << "it need not wait";
    EXPECT_EQ(connection.speaks_tls, is_tls);
    char byte = 0;
    EXPECT_EQ(recv(pair.server(), &byte, 1, 0), 1) << "bytes stay";
  }
}

TEST(FirstBytes, WaitsForTheFirstByteAndNotForLong) {
  const Pair pair;
  const Pair silent;
  FirstBytes first;
  FirstBytes::Connection connection = Of(pair);
  FirstBytes::Connection other = Of(silent);
  ASSERT_TRUE(first.Add(connection));
  ASSERT_TRUE(first.Add(other));
  EXPECT_TRUE(first.Take(absl::ZeroDuration()).empty());
  pair.Send("\x16");
  const auto ready = first.Take(absl::ZeroDuration());
  ASSERT_EQ(ready.size(), 1U);
  EXPECT_EQ(ready[0].descriptor, pair.server());
  EXPECT_EQ(ready[0].listener, 3);
  EXPECT_TRUE(ready[0].speaks_tls);
  const auto late = first.Take(FirstBytes::kPatience);
  ASSERT_EQ(late.size(), 1U);
  EXPECT_FALSE(late[0].speaks_tls);
  EXPECT_TRUE(first.empty());
}

TEST(FirstBytes, GivesBackWhoHasHungUp) {
  const Pair pair;
  FirstBytes first;
  FirstBytes::Connection connection = Of(pair);
  ASSERT_TRUE(first.Add(connection));
  pair.HangUp();
  EXPECT_EQ(first.Take(absl::ZeroDuration()).size(), 1U);
}

TEST(FirstBytes, KeepsOnlySoManyBack) {
  std::array<Pair, FirstBytes::kMaxWaiting + 1> pairs;
  FirstBytes first;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    FirstBytes::Connection connection = Of(pairs[i]);
    EXPECT_EQ(first.Add(connection), i < FirstBytes::kMaxWaiting);
  }
  EXPECT_EQ(first.TakeAll().size(), FirstBytes::kMaxWaiting);
}

}  // namespace
}  // namespace segrid::rpc
