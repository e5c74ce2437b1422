// How the service stops.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/running_server.h"

namespace segrid::app {
namespace {

namespace api = ::segrid::v1;
using grpc::health::v1::HealthCheckResponse;
using testing::OpenEvents;
using testing::ReasonOf;
using testing::RunningServer;

void Stuck() { ADD_FAILURE() << "stuck"; }

config::Config WithDrain(absl::Duration delay, absl::Duration grace) {
  config::Config config = RunningServer::DefaultConfig();
  config.drain = {delay, grace};
  return config;
}

api::ForwardRequest Waiting(int events) {
  api::ForwardRequest request;
  request.set_webhook_json(OpenEvents(events));
  request.set_wait(api::WAIT_DELIVERED);
  return request;
}

// Forwards batches of one until the server refuses; counts what was accepted.
class Loader {
 public:
  Loader(RunningServer& server, int first_id)
      : stub_(api::BridgeService::NewStub(server.Connect())),
        thread_([this, first_id] { Run(first_id); }) {}

  // The number of accepted Tracks, once the server has refused.
  int Accepted() {
    thread_.join();
    return accepted_;
  }

 private:
  void Run(int id) {
    for (;; ++id) {
      api::ForwardRequest request;
      request.set_webhook_json(OpenEvents(1, id));
      grpc::ClientContext context;
      api::ForwardResponse response;
      const grpc::Status status = stub_->Forward(&context, request, &response);
      if (!status.ok()) {
        EXPECT_TRUE(status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                    status.error_code() == grpc::StatusCode::CANCELLED)
            << status.error_code() << " " << status.error_message();
        return;
      }
      accepted_ += response.accepted_count();
    }
  }

  std::unique_ptr<api::BridgeService::Stub> stub_;
  int accepted_ = 0;
  std::thread thread_;
};

TEST(Drain, DeliversWhatWasAcceptedUnderLoad) {
  RunningServer server;
  Loader one(server, 0);
  Loader two(server, 1'000'000);
  ASSERT_TRUE(server.gate(0).WaitForDelivered(200));
  server.application().Drain(&Stuck);
  const int accepted = one.Accepted() + two.Accepted();
  EXPECT_EQ(
      server.gate(0).delivered().size() + server.gate(1).delivered().size(),
      static_cast<std::size_t>(accepted));
}

TEST(Drain, TakesCallsDuringTheDelayAndSaysNotServing) {
  RunningServer server(WithDrain(absl::Seconds(1), absl::Seconds(5)));
  grpc::ClientContext watch_context;
  auto watch = server.health().Watch(&watch_context, {});
  HealthCheckResponse health;
  ASSERT_TRUE(watch->Read(&health));
  std::thread drain([&] { server.application().Drain(&Stuck); });
  ASSERT_TRUE(watch->Read(&health));
  EXPECT_EQ(health.status(), HealthCheckResponse::NOT_SERVING);
  grpc::ClientContext context;
  api::ForwardRequest request;
  request.set_webhook_json(OpenEvents(1));
  api::ForwardResponse response;
  EXPECT_TRUE(server.bridge().Forward(&context, request, &response).ok());
  grpc::ClientContext status_context;
  api::GetStatusResponse status;
  EXPECT_TRUE(server.admin().GetStatus(&status_context, {}, &status).ok());
  EXPECT_FALSE(status.status().ready());
  EXPECT_EQ(status.status().not_ready_reason(), "draining");
  EXPECT_FALSE(watch->Read(&health));
  drain.join();
  EXPECT_EQ(server.gate(0).delivered().size(), 1u);
}

TEST(Drain, DoesNotWaitForIdleStreams) {
  RunningServer server(WithDrain(absl::ZeroDuration(), absl::Seconds(60)));
  grpc::ClientContext transform_context;
  auto transform = server.bridge().TransformStream(&transform_context);
  api::TransformStreamRequest message;
  message.mutable_request()->set_webhook_json("[]");
  api::TransformStreamResponse answer;
  ASSERT_TRUE(transform->Write(message) && transform->Read(&answer));
  grpc::ClientContext watch_context;
  auto watch = server.admin().WatchStatus(&watch_context, {});
  api::WatchStatusResponse status;
  ASSERT_TRUE(watch->Read(&status));
  const absl::Time start = absl::Now();
  server.application().Drain(&Stuck);
  EXPECT_LT(absl::Now() - start, absl::Seconds(30));
  EXPECT_FALSE(transform->Read(&answer));
  EXPECT_EQ(ReasonOf(transform->Finish()), "DRAINING");
  while (watch->Read(&status)) {
  }
  EXPECT_EQ(ReasonOf(watch->Finish()), "DRAINING");
}

TEST(Drain, AnswersWhatAStreamHasRead) {
  RunningServer server;
  server.gate(0).Close();
  grpc::ClientContext context;
  auto stream = server.bridge().ForwardStream(&context);
  api::ForwardStreamRequest message;
  message.set_request_id("1");
  *message.mutable_request() = Waiting(1);
  ASSERT_TRUE(stream->Write(message));
  ASSERT_TRUE(server.gate(0).WaitForWaiting());
  std::thread drain([&] { server.application().Drain(&Stuck); });
  server.gate(0).Open();
  api::ForwardStreamResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.response().delivered_count(), 2);
  EXPECT_FALSE(stream->Read(&answer));
  drain.join();
}

TEST(Drain, EndsAtTheGraceWhateverAReceiverDoes) {
  RunningServer server(
      WithDrain(absl::ZeroDuration(), absl::Milliseconds(300)));
  server.gate(0).Close();
  std::thread caller([&] {
    grpc::ClientContext context;
    api::ForwardResponse response;
    EXPECT_FALSE(server.bridge().Forward(&context, Waiting(1), &response).ok());
  });
  ASSERT_TRUE(server.gate(0).WaitForWaiting());
  const absl::Time start = absl::Now();
  server.application().Drain(&Stuck);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(250));
  EXPECT_LT(absl::Now() - start, absl::Milliseconds(1'300));
  caller.join();
}

TEST(Drain, DoesNotWaitForAPausedSource) {
  RunningServer server(WithDrain(absl::ZeroDuration(), absl::Seconds(60)));
  grpc::ClientContext pause;
  api::PauseSourceRequest request;
  request.set_source("first");
  api::PauseSourceResponse paused;
  ASSERT_TRUE(server.admin().PauseSource(&pause, request, &paused).ok());
  grpc::ClientContext context;
  api::ForwardRequest forward;
  forward.set_webhook_json(OpenEvents(1));
  api::ForwardResponse response;
  ASSERT_TRUE(server.bridge().Forward(&context, forward, &response).ok());
  const absl::Time start = absl::Now();
  server.application().Drain(&Stuck);
  EXPECT_LT(absl::Now() - start, absl::Seconds(30));
  EXPECT_EQ(server.gate(0).delivered().size(), 0u);
  EXPECT_EQ(server.gate(1).delivered().size(), 1u);
}

}  // namespace
}  // namespace segrid::app
