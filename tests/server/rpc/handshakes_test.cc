#include "server/rpc/handshakes.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace segrid::rpc {
namespace {

constexpr absl::Duration kStart = absl::Seconds(100);

// Both ends of a connection over loopback.
class Pair {
 public:
  Pair() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener, name, size), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, name, &size), 0);
    client_ = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(client_, name, size), 0);
    server_ = ::accept(listener, nullptr, nullptr);
    ::close(listener);
  }
  ~Pair() {
    CloseServer();
    ::close(client_);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  int server() const { return server_; }
  void CloseServer() {
    if (server_ >= 0) ::close(server_);
    server_ = -1;
  }

  void ClientSends(std::size_t bytes) { Send(client_, server_, bytes); }
  void ServerSends(std::size_t bytes) { Send(server_, client_, bytes); }
  // True when the connection is no more, for the client too.
  bool IsEnded() const {
    char byte = 0;
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    const bool server =
        ::getpeername(server_, reinterpret_cast<sockaddr*>(&peer), &size) != 0;
    const bool client =
        ::recv(client_, &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET;
    EXPECT_EQ(server, client);
    return server;
  }

 private:
  // And waits until they are there.
  static void Send(int from, int to, std::size_t bytes) {
    const std::string data(bytes, 'x');
    ASSERT_EQ(::send(from, data.data(), bytes, 0), static_cast<ssize_t>(bytes));
    std::string got(bytes, ' ');
    ASSERT_EQ(::recv(to, got.data(), bytes, MSG_WAITALL),
              static_cast<ssize_t>(bytes));
  }

  int client_ = -1;
  int server_ = -1;
};

TEST(Handshakes, AreDoneWhenTheServerAnswersTheLastFlight) {
  Handshakes handshakes({});
  Pair pair;
  EXPECT_FALSE(handshakes.Add(pair.server(), "a", kStart));
  pair.ClientSends(250);  // ClientHello.
  handshakes.Look(kStart);
  pair.ServerSends(900);  // ServerHello, certificate.
  handshakes.Look(kStart);
  pair.ClientSends(80);  // Finished.
  handshakes.Look(kStart);
  EXPECT_EQ(handshakes.count(), 1);
  pair.ServerSends(60);
  handshakes.Look(kStart);
  EXPECT_EQ(handshakes.count(), 0);
}

TEST(Handshakes, AreNotDoneWhileTheClientStopsInTheMiddle) {
  struct Case {
    const char* name;
    // Positive: from the client; negative: from the server.
    std::vector<int> bytes;
  };
  const Case cases[] = {
      {"nothing", {}},
      {"half a ClientHello", {8'000}},
      {"a ClientHello", {250, -900}},
      {"and rubbish behind it", {250, -900, 6, 6, 8'000}},
      {"after a HelloRetryRequest", {250, -105, 250, -900}},
      {"and rubbish behind that", {250, -105, 250, -900, 9'000}},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    Handshakes handshakes({});
    Pair pair;
    handshakes.Add(pair.server(), "a", kStart);
    for (const int bytes : each.bytes) {
      if (bytes > 0) pair.ClientSends(static_cast<std::size_t>(bytes));
      if (bytes < 0) pair.ServerSends(static_cast<std::size_t>(-bytes));
      handshakes.Look(kStart);
    }
    EXPECT_EQ(handshakes.count(), 1);
    handshakes.Look(kStart + absl::Seconds(4));
    EXPECT_EQ(handshakes.count(), 1);
    // gRPC would have closed it.
    handshakes.Look(kStart + absl::Seconds(4) + absl::Milliseconds(1));
    EXPECT_EQ(handshakes.count(), 0);
  }
}

TEST(Handshakes, EndWithTheirConnection) {
  Handshakes handshakes({});
  Pair pair;
  handshakes.Add(pair.server(), "a", kStart);
  pair.CloseServer();
  handshakes.Look(kStart);
  EXPECT_EQ(handshakes.count(), 0);
}

TEST(Handshakes, EndTheOldestForOneMore) {
  Handshakes handshakes({.max = 3, .max_per_peer = 2});
  std::vector<std::unique_ptr<Pair>> pairs;
  const auto add = [&](const std::string& peer) {
    pairs.push_back(std::make_unique<Pair>());
    return handshakes.Add(pairs.back()->server(), peer, kStart);
  };
  EXPECT_FALSE(add("a"));
  EXPECT_FALSE(add("b"));
  EXPECT_FALSE(add("b"));
  EXPECT_TRUE(add("b"));  // Of the same peer, though `a` is older.
  EXPECT_FALSE(pairs[0]->IsEnded());
  EXPECT_TRUE(pairs[1]->IsEnded());
  EXPECT_FALSE(pairs[2]->IsEnded());
  EXPECT_EQ(handshakes.count(), 3);
  EXPECT_TRUE(add("c"));  // Of all.
  EXPECT_TRUE(pairs[0]->IsEnded());
  EXPECT_EQ(handshakes.count(), 3);
}

TEST(Handshakes, LeaveADescriptorThatIsAnothersNow) {
  Handshakes handshakes({.max = 1, .max_per_peer = 1});
  Pair old;
  const int descriptor = old.server();
  handshakes.Add(descriptor, "a", kStart);
  Pair other;
  const int moved = ::dup2(other.server(), descriptor);
  ASSERT_EQ(moved, descriptor);
  Pair next;
  handshakes.Add(next.server(), "b", kStart);
  EXPECT_FALSE(other.IsEnded());
}

}  // namespace
}  // namespace segrid::rpc
