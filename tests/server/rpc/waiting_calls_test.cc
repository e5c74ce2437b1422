// Callers that wait for a source which does not deliver.

#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/server/testing/running_server.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;
using testing::OpenEvents;
using testing::ReasonOf;
using testing::RunningServer;

constexpr int kCallers = 84;
constexpr int kEvents = 100;

api::ForwardRequest To(const std::string& source, int first_id) {
  api::ForwardRequest request;
  request.set_webhook_json(OpenEvents(kEvents, first_id));
  request.add_sources(source);
  return request;
}

// Calls of Forward that wait for their delivery.
class Callers {
 public:
  // `count` more, over `stub`.
  void Begin(api::BridgeService::Stub& stub, int count, bool with_deadline) {
    for (int i = 0; i < count; ++i) {
      const int first_id = static_cast<int>(calls_.size()) * kEvents;
      Call& call = *calls_.emplace_back(std::make_unique<Call>());
      call.request = To("first", first_id);
      call.request.set_wait(api::WAIT_DELIVERED);
      if (with_deadline) {
        call.context.set_deadline(
            absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
      }
      stub.async()->Forward(&call.context, &call.request, &call.response,
                            [this, &call](grpc::Status status) {
                              absl::MutexLock lock(&mu_);
                              call.status = std::move(status);
                              ++done_;
                            });
    }
  }
  ~Callers() {
    Cancel();
    WaitForAll();
  }

  void Cancel() {
    for (const auto& call : calls_) call->context.TryCancel();
  }
  void WaitForAll() {
    absl::MutexLock lock(&mu_);
    const auto all = [this] { return done_ == calls_.size(); };
    mu_.Await(absl::Condition(&all));
  }
  std::size_t done() {
    absl::MutexLock lock(&mu_);
    return done_;
  }

 private:
  struct Call {
    grpc::ClientContext context;
    api::ForwardRequest request;
    api::ForwardResponse response;
    grpc::Status status;
  };

  absl::Mutex mu_;
  std::size_t done_ = 0;
  std::vector<std::unique_ptr<Call>> calls_;
};

class WaitingCalls : public ::testing::TestWithParam<bool> {
 protected:
  WaitingCalls() : server_(Config()) { server_.gate(0).Close(); }

  // The callers' requests together take more room than there is.
  static config::Config Config() {
    config::Config config = RunningServer::DefaultConfig();
    config.grpc.max_bytes_in_flight =
        kCallers * 3 / 4 *
        static_cast<std::int64_t>(To("first", 0).ByteSizeLong());
    config.grpc.max_waiting_calls = kCallers;
    return config;
  }

  std::int64_t Pending() {
    grpc::ClientContext context;
    api::GetStatusResponse status;
    EXPECT_TRUE(server_.admin().GetStatus(&context, {}, &status).ok());
    return status.status().sources(0).pending_count();
  }
  // All the callers, and returns when their events are in the queue. A quarter
  // at a time, because a request needs its room until then.
  void BeginAll(Callers& callers, api::BridgeService::Stub& stub) {
    for (int i = 1; i <= 4; ++i) {
      callers.Begin(stub, kCallers / 4, GetParam());
      const int events = i * kCallers / 4 * kEvents;
      const absl::Time end = absl::Now() + absl::Seconds(30);
      while (Pending() < events && absl::Now() < end) {
      }
      ASSERT_EQ(Pending(), events);
    }
  }
  grpc::Status Forward(api::ForwardRequest request,
                       api::ForwardResponse& response) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
    return server_.bridge().Forward(&context, request, &response);
  }

  RunningServer server_;
};

TEST_P(WaitingCalls, LeaveTheRoomToOthers) {
  Callers callers;
  BeginAll(callers, server_.bridge());
  for (int i = 0; i < 20; ++i) {
    api::ForwardResponse response;
    const grpc::Status status = Forward(To("second", i * kEvents), response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.accepted_count(), kEvents);
  }
  EXPECT_EQ(callers.done(), 0u);
}

TEST_P(WaitingCalls, AreBoundedAndEndAtOnceWhenTheyAreCancelled) {
  Callers callers;
  BeginAll(callers, server_.bridge());
  api::ForwardRequest one_more = To("second", 0);
  one_more.set_wait(api::WAIT_DELIVERED);
  api::ForwardResponse response;
  const grpc::Status refused = Forward(one_more, response);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(refused), "TOO_MANY_WAITING");
  // Nothing was accepted.
  one_more.set_wait(api::WAIT_ACCEPTED);
  ASSERT_TRUE(Forward(one_more, response).ok());
  EXPECT_EQ(response.duplicate_count(), 0);
  callers.Cancel();
  callers.WaitForAll();
  // The server hears of it a moment later than the client.
  one_more = To("second", 5'000);
  one_more.set_wait(api::WAIT_DELIVERED);
  const absl::Time end = absl::Now() + absl::Seconds(5);
  grpc::Status status = Forward(one_more, response);
  while (!status.ok() && absl::Now() < end)
    status = Forward(one_more, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.delivered_count(), kEvents);
  EXPECT_EQ(Pending(), kCallers * kEvents);  // They stay queued.
}

TEST_P(WaitingCalls, EndWhenTheirConnectionIsClosed) {
  {
    const auto stub = api::BridgeService::NewStub(server_.Connect());
    Callers callers;
    BeginAll(callers, *stub);
  }
  api::ForwardRequest request = To("second", 0);
  request.set_wait(api::WAIT_DELIVERED);
  api::ForwardResponse response;
  const absl::Time end = absl::Now() + absl::Seconds(5);
  grpc::Status status = Forward(request, response);
  while (!status.ok() && absl::Now() < end) status = Forward(request, response);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutDeadline, WaitingCalls,
                         ::testing::Bool());

TEST(WaitingStreams, GiveTheRoomBackToo) {
  config::Config config = RunningServer::DefaultConfig();
  api::ForwardStreamRequest message;
  *message.mutable_request() = To("first", 0);
  message.mutable_request()->set_wait(api::WAIT_DELIVERED);
  config.grpc.max_bytes_in_flight =
      static_cast<std::int64_t>(message.ByteSizeLong()) + 4'096;
  config.grpc.max_waiting_calls = 3;
  RunningServer server(config);
  server.gate(0).Close();
  grpc::ClientContext context;
  const auto stream = server.bridge().ForwardStream(&context);
  for (int i = 0; i < 3; ++i) {
    *message.mutable_request() = To("first", i * kEvents);
    message.mutable_request()->set_wait(api::WAIT_DELIVERED);
    ASSERT_TRUE(stream->Write(message));
    // Has the room again when this is answered.
    message.mutable_request()->set_wait(api::WAIT_ACCEPTED);
    ASSERT_TRUE(stream->Write(message));
    api::ForwardStreamResponse answer;
    ASSERT_TRUE(stream->Read(&answer));
  }
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace segrid::rpc
