#include "server/rpc/open_connections.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "gtest/gtest.h"

namespace segrid::rpc {
namespace {

// Two ends of a connection. The first one is what a server would have accepted.
class Pair {
 public:
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  ~Pair() { Close(); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  int descriptor() const { return ends_[0]; }
  void Close() {
    for (int& end : ends_) {
      if (end >= 0) ::close(end);
      end = -1;
    }
  }

 private:
  std::array<int, 2> ends_;
};

// The same from 127.0.0.1.
class TcpPair {
 public:
  TcpPair() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_, name, size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, name, &size), 0);
    client_ = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(client_, name, size), 0);
    server_ = ::accept(listener_, nullptr, nullptr);
  }
  ~TcpPair() {
    Close();
    ::close(client_);
    ::close(listener_);
  }
  TcpPair(const TcpPair&) = delete;
  TcpPair& operator=(const TcpPair&) = delete;

  int descriptor() const { return server_; }
  void Close() {
    if (server_ >= 0) ::close(server_);
    server_ = -1;
  }

 private:
  const int listener_;
  int client_ = -1;
  int server_ = -1;
};

TEST(OpenConnections, RefuseWhatIsTooMuch) {
  OpenConnections connections({.max = 2, .max_per_peer = 10});
  Pair first, second, third;
  EXPECT_TRUE(connections.Add(first.descriptor()));
  EXPECT_TRUE(connections.Add(second.descriptor()));
  EXPECT_FALSE(connections.Add(third.descriptor()));
  first.Close();
  EXPECT_TRUE(connections.Add(third.descriptor()));
  EXPECT_EQ(connections.count(), 2);
}

TEST(OpenConnections, ForgetThoseThatEnded) {
  OpenConnections connections({});
  Pair first, second;
  EXPECT_TRUE(connections.Add(first.descriptor()));
  EXPECT_TRUE(connections.Add(second.descriptor()));
  connections.Sweep();
  EXPECT_EQ(connections.count(), 2);
  second.Close();
  connections.Sweep();
  EXPECT_EQ(connections.count(), 1);
}

TEST(OpenConnections, KnowAnotherSocketBehindTheSameDescriptor) {
  OpenConnections connections({});
  Pair first, second;
  EXPECT_TRUE(connections.Add(first.descriptor()));
  ASSERT_EQ(::dup2(second.descriptor(), first.descriptor()),
            first.descriptor());
  connections.Sweep();
  EXPECT_EQ(connections.count(), 0);
  EXPECT_TRUE(connections.Add(first.descriptor()));
  EXPECT_TRUE(connections.Add(first.descriptor()));
  EXPECT_EQ(connections.count(), 1);
}

TEST(OpenConnections, BoundEachPeer) {
  OpenConnections connections({.max = 10, .max_per_peer = 1});
  TcpPair first, second;
  Pair local, other;
  EXPECT_TRUE(connections.Add(first.descriptor()));
  EXPECT_FALSE(connections.Add(second.descriptor()));
  EXPECT_TRUE(connections.Add(local.descriptor()));
  EXPECT_TRUE(connections.Add(other.descriptor()));
  first.Close();
  EXPECT_TRUE(connections.Add(second.descriptor()));
  EXPECT_EQ(connections.count(), 3);
}

}  // namespace
}  // namespace segrid::rpc
