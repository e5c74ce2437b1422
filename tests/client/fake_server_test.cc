// The client and the fakes that users test with, over a real wire.

#include "client/testing/fake_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <stop_token>

#include "client/client.h"
#include "client/coroutine.h"
#include "client/testing/fake_connection.h"
#include "client/testing/server_answers.h"

namespace segrid {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeServer;
using ::testing::SizeIs;

constexpr char kBody[] =
    R"([{"event":"open","email":"ada@example.com","timestamp":1591726752,)"
    R"("sg_event_id":"abc"},{"event":"deferred"}])";

Client ConnectTo(const FakeServer& server, ClientOptions options = {}) {
  options.address = server.address();
  return *Client::Connect(options);
}

v1::ForwardRequest ForwardOf(std::string body) {
  v1::ForwardRequest request;
  request.set_webhook_json(std::move(body));
  return request;
}

TEST(FakeServer, MakesRealTracks) {
  const FakeServer server;
  const auto answer = ConnectTo(server).Transform(kBody);
  ASSERT_TRUE(answer.ok()) << answer.error();
  ASSERT_EQ(answer->tracks_size(), 1);
  EXPECT_EQ(answer->tracks(0).event(), "Email Opened");
  EXPECT_EQ(answer->tracks(0).message_id(), "abc");
  EXPECT_EQ(answer->skipped_count(), 1);
  EXPECT_EQ(answer->issues(0).reason(), v1::REASON_EVENT_NOT_SELECTED);
  EXPECT_THAT(server.transforms(), SizeIs(1));
}

TEST(FakeServer, GivesAnErrorWithItsDetails) {
  FakeServer server;
  Error full = testing::QueueFull(seconds(100));
  full.metadata["max_bytes"] = "42";
  full.field_violations.push_back({"events[2]", "is bad"});
  server.OnForward([&](const auto&) { return full; });
  const auto answer = ConnectTo(server).Forward(kBody);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().ToString(), full.ToString());
  EXPECT_EQ(answer.error().retry_delay, seconds(100));
  EXPECT_EQ(answer.error().metadata, full.metadata);
  EXPECT_EQ(answer.error().EventIndex(), 2);
}

TEST(FakeServer, SeesAllTriesOfACallUnderOneKey) {
  FakeServer server;
  std::atomic<int> calls = 0;
  server.OnForward([&](const auto& request) -> Result<v1::ForwardResponse> {
    if (calls++ < 2) return testing::Unavailable();
    return testing::AnswerForward(request);
  });
  const auto answer = ConnectTo(server).Forward(kBody);
  ASSERT_TRUE(answer.ok()) << answer.error();
  const auto keys = server.idempotency_keys();
  ASSERT_THAT(keys, SizeIs(3));
  EXPECT_THAT(keys[0], SizeIs(32));
  EXPECT_THAT(keys, ElementsAre(keys[0], keys[0], keys[0]));
}

TEST(FakeServer, ComesBackOnItsPortAndIsUsedAgain) {
  FakeServer server;
  const Client client = ConnectTo(server);
  ASSERT_TRUE(client.Forward(kBody).ok());
  server.Stop();
  std::future<bool> waiting = std::async(
      std::launch::async, [&] { return client.Forward(kBody).ok(); });
  server.Start();
  EXPECT_TRUE(waiting.get());
}

TEST(Client, CallsWithoutBlocking) {
  const FakeServer server;
  std::promise<Result<v1::ForwardResponse>> forwarded;
  std::promise<Result<v1::TransformResponse>> transformed;
  {
    // The client may go before its calls have ended.
    const Client client = ConnectTo(server);
    client.ForwardAsync(ForwardOf(kBody), [&](auto answer) {
      forwarded.set_value(std::move(answer));
    });
    v1::TransformRequest request;
    request.set_webhook_json(kBody);
    client.TransformAsync(request, [&](auto answer) {
      transformed.set_value(std::move(answer));
    });
  }
  const auto answer = forwarded.get_future().get();
  ASSERT_TRUE(answer.ok()) << answer.error();
  EXPECT_EQ(answer->accepted_count(), 1);
  EXPECT_EQ(transformed.get_future().get()->track_count(), 1);
}

// The least that a coroutine type needs.
struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

// A reference in a coroutine outlives it here.
Task ForwardTwice(Client client, std::promise<int>& accepted) {
  const auto first = co_await CoForward(client, ForwardOf(kBody));
  const auto second = co_await CoForward(client, ForwardOf(kBody));
  accepted.set_value(first->accepted_count() + second->accepted_count());
}

TEST(Coroutine, WaitsForAnAnswerOverTheWire) {
  const FakeServer server;
  std::promise<int> accepted;
  ForwardTwice(ConnectTo(server), accepted);
  EXPECT_EQ(accepted.get_future().get(), 2);
}

TEST(Coroutine, GoesOnAtOnceWithAnAnswerThatIsThere) {
  std::promise<int> accepted;
  ForwardTwice(Client(std::make_shared<testing::FakeConnection>()), accepted);
  EXPECT_EQ(accepted.get_future().get(), 2);
}

TEST(Client, StopsACallThatIsUnderWay) {
  std::stop_source stop;
  std::promise<void> over;
  const auto released = over.get_future().share();
  FakeServer server;  // Last: its answers use the others to its end.
  server.OnForward([&](const auto&) -> Result<v1::ForwardResponse> {
    stop.request_stop();
    released.wait();
    return testing::Unavailable();
  });
  CallOptions options;
  options.stop = stop.get_token();
  const auto answer = ConnectTo(server).Forward(ForwardOf(kBody), options);
  over.set_value();
  EXPECT_EQ(answer.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(answer.error().reason, "STOPPED");
  EXPECT_EQ(ConnectTo(server).Forward(ForwardOf(kBody), options).error().reason,
            "STOPPED");
}

TEST(Client, EndsAtItsDeadlineWhenNobodyAnswers) {
  std::promise<void> over;
  const auto released = over.get_future().share();
  FakeServer server;  // Last: its answers use the others to its end.
  server.OnForward([&](const auto&) -> Result<v1::ForwardResponse> {
    released.wait();
    return testing::Unavailable();
  });
  ClientOptions options;
  options.timeout = milliseconds(300);
  options.retry.attempt_timeout = milliseconds(50);
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = ConnectTo(server, options).Forward(kBody);
  const auto took = std::chrono::steady_clock::now() - begin;
  over.set_value();
  EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_LT(took, seconds(5));
  EXPECT_GT(std::stoi(answer.error().metadata.at("attempts")), 1);
}

}  // namespace
}  // namespace segrid
