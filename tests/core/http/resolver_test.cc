// Names: asked anew for each connection, and never in anybody's way.

#include "core/http/resolver.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/http/caller.h"

namespace segrid::http {
namespace {

using testing::Reply;
using testing::ScriptedServer;
using testing::Seen;

// A name that the system is asked for and refuses at once: no name server is
// asked, which may be far away.
const std::string kTooLong(70, 'x');

absl::StatusOr<Addresses> Ask(Resolver& resolver, const std::string& host) {
  absl::StatusOr<Addresses> result;
  absl::Notification done;
  resolver.Resolve(host, "443", [&](absl::StatusOr<Addresses> addresses) {
    result = std::move(addresses);
    done.Notify();
  });
  done.WaitForNotification();
  return result;
}

TEST(SystemResolver, KnowsNamesAndAddresses) {
  const auto resolver = MakeSystemResolver();
  const auto local = Ask(*resolver, "localhost");
  ASSERT_TRUE(local.ok()) << local.status();
  for (const auto& address : *local) {
    EXPECT_TRUE(address.address().is_loopback());
    EXPECT_EQ(address.port(), 443);
  }
  EXPECT_EQ(Ask(*resolver, "::1")->at(0).address().to_string(), "::1");
  for (const std::string& name : {kTooLong, std::string("a.invalid")}) {
    EXPECT_EQ(base::ReasonOf(Ask(*resolver, name).status()), "CONNECT_FAILED");
  }
  EXPECT_FALSE(Ask(*resolver, kTooLong).ok()) << "after the first thread";
}

// A machine without /etc/hosts, and a name server that lies, have it all the
// same.
TEST(SystemResolver, TakesLocalhostForThisMachineWithoutAsking) {
  const auto resolver = MakeSystemResolver();
  const auto local = Ask(*resolver, "no-such-line.LOCALHOST");
  ASSERT_TRUE(local.ok()) << local.status();
  ASSERT_EQ(local->size(), 2u);
  EXPECT_EQ(local->at(0).address().to_string(), "127.0.0.1");
  EXPECT_EQ(local->at(1).address().to_string(), "::1");
}

TEST(SystemResolver, AnswersNothingAfterCancel) {
  for (int i = 0; i < 50; ++i) {
    auto alive = std::make_shared<std::atomic<bool>>(true);
    auto resolver = MakeSystemResolver();
    resolver->Resolve(kTooLong, "1",
                      [alive](const auto&) { EXPECT_TRUE(*alive); });
    resolver->Cancel();
    *alive = false;
    for (const std::string& name : {kTooLong, std::string("localhost")}) {
      resolver->Resolve(name, "1", [](const auto& addresses) {
        EXPECT_FALSE(addresses.ok());
      });
    }
  }
}

// Answers as the test says.
class FakeResolver final : public Resolver {
 public:
  void Resolve(const std::string&, const std::string&, Done done) override {
    absl::MutexLock lock(&mu_);
    ++asked_;
    if (hang_) return;
    done(addresses_);
  }
  void Cancel() override {}

  void Set(Addresses addresses) {
    absl::MutexLock lock(&mu_);
    addresses_ = std::move(addresses);
    hang_ = addresses_.empty();
  }
  int asked() {
    absl::MutexLock lock(&mu_);
    return asked_;
  }

 private:
  absl::Mutex mu_;
  Addresses addresses_ ABSL_GUARDED_BY(mu_);
  bool hang_ ABSL_GUARDED_BY(mu_) = true;
  int asked_ ABSL_GUARDED_BY(mu_) = 0;
};

boost::asio::ip::tcp::endpoint AddressOf(const ScriptedServer& server) {
  const std::string port = ParseEndpoint(server.url(), true)->port;
  return {boost::asio::ip::make_address("127.0.0.1"),
          static_cast<std::uint16_t>(std::stoi(port))};
}

class ResolvingClient : public ::testing::Test {
 protected:
  std::function<void(ClientOptions&)> WithFake() {
    return [this](ClientOptions& options) {
      options.resolver = resolver_;
      options.connect_timeout = absl::Milliseconds(300);
    };
  }

  std::shared_ptr<FakeResolver> resolver_ = std::make_shared<FakeResolver>();
};

TEST_F(ResolvingClient, AsksAgainAfterAFailureAndFollowsTheName) {
  Reply reply;
  ScriptedServer first([&reply](const Seen&) { return reply; });
  ScriptedServer moved([](const Seen&) { return Reply(); },
                       {.certificate_name = "localhost"});
  Caller caller(first, "localhost", WithFake());
  resolver_->Set({AddressOf(first)});
  EXPECT_TRUE(caller.Post().ok());
  EXPECT_TRUE(caller.Post().ok());
  EXPECT_EQ(resolver_->asked(), 1);

  reply.kind = Reply::Kind::kClose;
  resolver_->Set({AddressOf(moved)});
  EXPECT_FALSE(caller.Post().ok());
  // The other server has an authority of its own: that the handshake was tried
  // there is enough.
  EXPECT_EQ(caller.ReasonOfPost(), "CONNECT_FAILED");
  EXPECT_EQ(resolver_->asked(), 2);
  EXPECT_EQ(moved.accepted(), 1);
}

TEST_F(ResolvingClient, ANameServerThatHangsIsATimeOut) {
  ScriptedServer server;
  Caller caller(server, "localhost", WithFake());
  EXPECT_EQ(caller.ReasonOfPost(), "TIMEOUT");
  resolver_->Set({AddressOf(server)});
  EXPECT_TRUE(caller.Post().ok());
}

TEST_F(ResolvingClient, AnAddressThatSwallowsConnectionsIsNotTriedFirstAgain) {
  boost::asio::io_context io;
  // Listens, but never answers.
  boost::asio::ip::tcp::acceptor silent(
      io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  ScriptedServer server;
  Caller caller(server, "localhost", WithFake());
  resolver_->Set({silent.local_endpoint(), AddressOf(server)});
  EXPECT_EQ(caller.ReasonOfPost(), "TIMEOUT");
  EXPECT_TRUE(caller.Post().ok());
}

}  // namespace
}  // namespace segrid::http
