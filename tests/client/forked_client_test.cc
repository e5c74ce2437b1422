// What is left of a client in a forked child, where neither gRPC's threads nor
// its own exist: a clear error, no hang, and no harm to the parent.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/batching_forwarder.h"
#include "client/client.h"
#include "client/testing/fake_server.h"
#include "tests/client/batching.h"

namespace segrid {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::FakeServer;

constexpr char kBody[] =
    R"([{"event":"open","email":"ada@example.com","timestamp":1591726752}])";
constexpr unsigned kHangSeconds = 20;

Client ConnectTo(const FakeServer& server) {
  auto client = Client::Connect({.address = server.address()});
  EXPECT_TRUE(client.ok());
  return *std::move(client);
}

// True when `in_child` gives true in a forked child, and does not hang.
bool IsTrueInAChild(const std::function<bool()>& in_child) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(kHangSeconds);
    _exit(in_child() ? 0 : 1);
  }
  int status = -1;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

bool IsForked(const std::optional<Error>& error) {
  return error.has_value() && error->reason == "FORKED";
}

TEST(ForkedClient, FailsClearly) {
  const FakeServer server;
  auto client = std::make_unique<Client>(ConnectTo(server));
  ASSERT_TRUE(client->Forward(kBody).ok());
  EXPECT_TRUE(IsTrueInAChild([&] {
    const auto answer = client->Forward(kBody);
    client.reset();
    return !answer.ok() && IsForked(answer.error());
  }));
  EXPECT_TRUE(client->Forward(kBody).ok());
}

TEST(ForkedClient, LeavesAStreamToItsParent) {
  const FakeServer server;
  const Client client = ConnectTo(server);
  auto opened = client.OpenForwardStream();
  ASSERT_TRUE(opened.ok());
  std::unique_ptr<ForwardStream> stream = *std::move(opened);
  v1::ForwardStreamRequest batch;
  batch.mutable_request()->set_webhook_json(kBody);
  ASSERT_TRUE(stream->Write(batch));
  ASSERT_TRUE(stream->Read().has_value());
  EXPECT_TRUE(IsTrueInAChild([&] {
    const bool written = stream->Write(batch);
    stream->WritesDone();
    const bool read = stream->Read().has_value();
    const auto error = stream->Finish();
    return !written && !read && IsForked(error);
  }));
  EXPECT_TRUE(IsTrueInAChild([&] {
    stream.reset();
    return true;
  }));
  EXPECT_TRUE(stream->Write(batch));
  EXPECT_TRUE(stream->Read().has_value());
  EXPECT_FALSE(stream->Finish().has_value());
  EXPECT_EQ(server.forwards().size(), 2U);
}

TEST(ForkedClient, LeavesTheBufferOfAForwarderToItsParent) {
  const FakeServer server;
  auto forwarder = std::make_unique<BatchingForwarder>(
      ConnectTo(server), BatchingOptions{.max_delay = hours(1)});
  ASSERT_FALSE(forwarder->Add(tests::Open()).has_value());
  EXPECT_TRUE(IsTrueInAChild([&] {
    const auto refused = forwarder->Add(tests::Open());
    const bool flushed = forwarder->Flush(hours(1));
    const bool shut_down = forwarder->Shutdown(hours(1));
    const auto buffered = forwarder->stats().buffered_count;
    forwarder.reset();
    return IsForked(refused) && !flushed && !shut_down && buffered == 0;
  }));
  EXPECT_TRUE(forwarder->Flush(seconds(10)));
  EXPECT_EQ(forwarder->stats().accepted_count, 1);
}

}  // namespace
}  // namespace segrid
