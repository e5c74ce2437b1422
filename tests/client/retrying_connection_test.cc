#include "client/internal/retrying_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/internal/sharing_connection.h"
#include "client/testing/fake_connection.h"
#include "tests/client/fake_timer.h"

namespace segrid::internal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeConnection;
using testing::QueueFull;
using ::testing::SizeIs;
using testing::Unavailable;

class RetryingConnectionTest : public ::testing::Test {
 protected:
  RetryingConnection Make(const ClientOptions& options = {}) {
    return RetryingConnection(wire_, options, timer_, [] { return 0.5; });
  }
  static v1::ForwardRequest Request() {
    v1::ForwardRequest request;
    request.set_webhook_json("[{}]");
    return request;
  }

  const std::shared_ptr<FakeConnection> wire_ =
      std::make_shared<FakeConnection>();
  const std::shared_ptr<tests::FakeTimer> timer_ =
      std::make_shared<tests::FakeTimer>();
};

TEST_F(RetryingConnectionTest, TriesUntilItSucceeds) {
  wire_->AddForward(Unavailable());
  wire_->AddForward(QueueFull(milliseconds(700)));
  const auto answer = Make().Forward(Request(), {});
  ASSERT_TRUE(answer.ok()) << answer.error();
  EXPECT_EQ(answer->event_count(), 1);
  EXPECT_THAT(timer_->waits, ElementsAre(milliseconds(25), milliseconds(700)));
}

TEST_F(RetryingConnectionTest, NamesTheTriesOfAForwardAlike) {
  wire_->AddForward(Unavailable());
  auto connection = Make();
  ASSERT_TRUE(connection.Forward(Request(), {}).ok());
  ASSERT_TRUE(connection.Forward(Request(), {}).ok());
  const auto calls = wire_->forwards();
  ASSERT_THAT(calls, SizeIs(3));
  EXPECT_THAT(calls[0].options.idempotency_key, SizeIs(32));
  EXPECT_EQ(calls[0].options.idempotency_key, calls[1].options.idempotency_key);
  EXPECT_NE(calls[1].options.idempotency_key, calls[2].options.idempotency_key);
}

// Fails at first; keeps the requests that it saw.
class SharingWire final : public SharingConnection {
 public:
  void TransformShared(std::shared_ptr<const v1::TransformRequest>, CallOptions,
                       TransformDone) override {}
  void ForwardShared(std::shared_ptr<const v1::ForwardRequest> request,
                     CallOptions, ForwardDone done) override {
    requests.push_back(std::move(request));
    if (requests.size() == 1) return done(Unavailable());
    done(v1::ForwardResponse());
  }
  std::vector<std::shared_ptr<const v1::ForwardRequest>> requests;
};

TEST_F(RetryingConnectionTest, SharesTheRequestWithEachTry) {
  const auto wire = std::make_shared<SharingWire>();
  RetryingConnection connection(wire, {}, timer_, [] { return 0.5; });
  const auto request = std::make_shared<const v1::ForwardRequest>(Request());
  bool ok = false;
  connection.ForwardShared(request, {}, [&](auto answer) { ok = answer.ok(); });
  EXPECT_TRUE(ok);
  EXPECT_THAT(wire->requests, ElementsAre(request, request));
}

TEST_F(RetryingConnectionTest, KeepsTheNameThatTheCallerGave) {
  CallOptions options;
  options.idempotency_key = "order-17";
  ASSERT_TRUE(Make().Forward(Request(), options).ok());
  EXPECT_EQ(wire_->forwards()[0].options.idempotency_key, "order-17");
}

TEST_F(RetryingConnectionTest, GivesAFinalErrorAtOnce) {
  Error bad;
  bad.code = ErrorCode::kNotFound;
  wire_->AddForward(bad);
  const auto answer = Make().Forward(Request(), {});
  EXPECT_EQ(answer.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(answer.error().metadata.empty());
  EXPECT_THAT(timer_->waits, SizeIs(0));
}

TEST_F(RetryingConnectionTest, SaysHowOftenItTried) {
  ClientOptions options;
  options.retry.max_attempts = 3;
  for (int i = 0; i < 3; ++i) wire_->AddTransform(Unavailable());
  const auto answer = Make(options).Transform({}, {});
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(answer.error().metadata.at("attempts"), "3");
}

TEST_F(RetryingConnectionTest, GivesATryItsShareOfTheTime) {
  wire_->AddForward(QueueFull(seconds(9)));
  ASSERT_TRUE(Make().Forward(Request(), {}).ok());
  const auto calls = wire_->forwards();
  EXPECT_EQ(calls[0].options.timeout, seconds(2));
  EXPECT_EQ(calls[1].options.timeout, seconds(1));
}

TEST_F(RetryingConnectionTest, GivesADeliveryAllOfTheTime) {
  v1::ForwardRequest request = Request();
  request.set_wait(v1::WAIT_DELIVERED);
  CallOptions options;
  options.timeout = seconds(60);
  ASSERT_TRUE(Make().Forward(request, options).ok());
  EXPECT_EQ(wire_->forwards()[0].options.timeout, seconds(60));
}

TEST_F(RetryingConnectionTest, StopsWaitingWhenTheCallerSaysSo) {
  std::stop_source stop;
  timer_->on_wait = [&] { stop.request_stop(); };
  wire_->AddForward(Unavailable());
  CallOptions options;
  options.stop = stop.get_token();
  const auto answer = Make().Forward(Request(), options);
  EXPECT_EQ(answer.error().reason, "STOPPED");
  EXPECT_THAT(wire_->forwards(), SizeIs(1));
}

TEST_F(RetryingConnectionTest, StopsWaitingAsynchronouslyLikewise) {
  std::stop_source stop;
  wire_->AddForward(QueueFull(seconds(5)));
  wire_->AddForward(QueueFull(seconds(5)));
  CallOptions options;
  options.stop = stop.get_token();
  options.timeout = seconds(60);
  timer_->on_wait = [&] {
    if (wire_->forwards().size() == 2) stop.request_stop();
  };
  std::optional<Error> error;
  Make().ForwardAsync(Request(), options,
                      [&](auto answer) { error = answer.error(); });
  EXPECT_EQ(error.value().reason, "STOPPED");
  EXPECT_THAT(wire_->forwards(), SizeIs(2));
  const auto waited = timer_->now.time_since_epoch();
  EXPECT_GE(waited, seconds(5));  // Not stopped: all of the time.
  EXPECT_LT(waited, seconds(6));
}

TEST_F(RetryingConnectionTest, TriesAsynchronouslyLikewise) {
  wire_->AddForward(Unavailable());
  wire_->AddTransform(Unavailable());
  auto connection = Make();
  int done = 0;
  connection.ForwardAsync(Request(), {}, [&](auto answer) {
    EXPECT_TRUE(answer.ok());
    ++done;
  });
  v1::TransformRequest transform;
  transform.set_webhook_json("[{}]");
  connection.TransformAsync(transform, {}, [&](auto answer) {
    EXPECT_TRUE(answer.ok());
    ++done;
  });
  EXPECT_EQ(done, 2);
  EXPECT_THAT(timer_->waits, SizeIs(2));
  const auto calls = wire_->forwards();
  ASSERT_THAT(calls, SizeIs(2));
  EXPECT_EQ(calls[0].options.idempotency_key, calls[1].options.idempotency_key);
}

TEST_F(RetryingConnectionTest, GivesUpAsynchronouslyLikewise) {
  ClientOptions options;
  options.retry.max_attempts = 2;
  wire_->AddForward(Unavailable());
  wire_->AddForward(Unavailable());
  std::optional<Error> error;
  Make(options).ForwardAsync(Request(), {},
                             [&](auto answer) { error = answer.error(); });
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->metadata.at("attempts"), "2");
}

}  // namespace
}  // namespace segrid::internal
