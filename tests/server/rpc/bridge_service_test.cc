#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/running_server.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;
using testing::OpenEvents;
using testing::ReasonOf;
using testing::RunningServer;

class BridgeServiceTest : public ::testing::Test {
 protected:
  grpc::Status Transform(const api::TransformRequest& request) {
    grpc::ClientContext context;
    transformed_ = {};
    return server_.bridge().Transform(&context, request, &transformed_);
  }
  grpc::Status Forward(const api::ForwardRequest& request,
                       absl::Duration time_out = absl::Seconds(10)) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + time_out));
    forwarded_ = {};
    return server_.bridge().Forward(&context, request, &forwarded_);
  }
  static api::TransformRequest JsonTransform(std::string body) {
    api::TransformRequest request;
    request.set_webhook_json(std::move(body));
    return request;
  }
  static api::ForwardRequest JsonForward(std::string body) {
    api::ForwardRequest request;
    request.set_webhook_json(std::move(body));
    return request;
  }

  RunningServer server_;
  api::TransformResponse transformed_;
  api::ForwardResponse forwarded_;
};

TEST_F(BridgeServiceTest, TransformsTypedEvents) {
  api::TransformRequest request;
  auto& event = *request.add_events();
  event.set_event("click");
  event.set_email("Ada@Example.com");
  event.set_timestamp(1'591'726'752);
  event.set_sg_event_id("c2VnLWV2ZW50LWlk");
  event.set_url("https://example.com/a?b=1");
  request.add_events()->set_event("click");  // No address.
  ASSERT_TRUE(Transform(request).ok());
  EXPECT_EQ(transformed_.event_count(), 2);
  ASSERT_EQ(transformed_.tracks_size(), 1);
  EXPECT_EQ(transformed_.tracks(0).event(), "Email Link Clicked");
  EXPECT_EQ(transformed_.tracks(0).message_id(), "c2VnLWV2ZW50LWlk");
  EXPECT_EQ(transformed_.tracks(0).properties().link_url(),
            "https://example.com/a?b=1");
  ASSERT_EQ(transformed_.issues_size(), 1);
  EXPECT_EQ(transformed_.issues(0).index(), 1);
  EXPECT_EQ(transformed_.issues(0).reason(), api::REASON_MISSING_EMAIL);
  EXPECT_EQ(transformed_.issues(0).outcome(), api::OUTCOME_REJECTED);
  EXPECT_EQ(transformed_.track_count() + transformed_.rejected_count(), 2);
}

TEST_F(BridgeServiceTest, TransformsJsonToABatch) {
  api::TransformRequest request = JsonTransform(OpenEvents(3));
  request.set_output(api::OUTPUT_BATCH_JSON);
  request.set_source("first");
  ASSERT_TRUE(Transform(request).ok());
  EXPECT_EQ(transformed_.track_count(), 3);
  EXPECT_EQ(transformed_.tracks_size(), 0);
  EXPECT_EQ(transformed_.batch_json().rfind(R"({"batch":[{"type":"track")", 0),
            0u);
}

TEST_F(BridgeServiceTest, TransformsLargeBatches) {
  // Several slices in, one large slice out.
  ASSERT_TRUE(Transform(JsonTransform(OpenEvents(10'000))).ok());
  EXPECT_EQ(transformed_.tracks_size(), 10'000);
  EXPECT_EQ(transformed_.tracks(9'999).message_id(), "event-9999");
}

TEST_F(BridgeServiceTest, AnswersAnEmptyBatch) {
  ASSERT_TRUE(Transform(JsonTransform("[]")).ok());
  EXPECT_EQ(transformed_.event_count(), 0);
}

TEST_F(BridgeServiceTest, ForwardsToAllSources) {
  ASSERT_TRUE(Forward(JsonForward(OpenEvents(4))).ok());
  EXPECT_EQ(forwarded_.event_count(), 4);
  EXPECT_EQ(forwarded_.accepted_count(), 8);
  ASSERT_EQ(forwarded_.sources_size(), 2);
  EXPECT_EQ(forwarded_.sources(0).source(), "first");
  EXPECT_EQ(forwarded_.sources(1).accepted_count(), 4);
  EXPECT_TRUE(server_.gate(0).WaitForDelivered(4));
  EXPECT_TRUE(server_.gate(1).WaitForDelivered(4));
}

TEST_F(BridgeServiceTest, CountsARepeatedForwardAsDuplicates) {
  ASSERT_TRUE(Forward(JsonForward(OpenEvents(4))).ok());
  ASSERT_TRUE(Forward(JsonForward(OpenEvents(4))).ok());
  EXPECT_EQ(forwarded_.duplicate_count(), 8);
  EXPECT_EQ(forwarded_.accepted_count(), 0);
}

TEST_F(BridgeServiceTest, CountsARetryWithItsKeyOnce) {
  const auto forward = [this](const std::string& key, int events) {
    grpc::ClientContext context;
    context.AddMetadata("segrid-idempotency-key", key);
    forwarded_ = {};
    return server_.bridge().Forward(&context, JsonForward(OpenEvents(events)),
                                    &forwarded_);
  };
  ASSERT_TRUE(forward("once", 4).ok());
  const std::string first = forwarded_.SerializeAsString();
  EXPECT_EQ(forwarded_.accepted_count(), 8);
  ASSERT_TRUE(forward("once", 4).ok());
  EXPECT_EQ(forwarded_.SerializeAsString(), first);

  grpc::ClientContext context;
  api::GetStatusResponse status;
  ASSERT_TRUE(server_.admin().GetStatus(&context, {}, &status).ok());
  EXPECT_EQ(status.status().sources(0).accepted_count(), 4);
  EXPECT_EQ(status.status().sources(0).duplicate_count(), 0);

  // The same key with other events is another call: nothing is lost.
  ASSERT_TRUE(forward("once", 5).ok());
  EXPECT_EQ(forwarded_.accepted_count(), 2);
  EXPECT_EQ(forwarded_.duplicate_count(), 8);
  EXPECT_EQ(ReasonOf(forward(std::string(200, 'k'), 1)), "BAD_IDEMPOTENCY_KEY");
}

TEST_F(BridgeServiceTest, LetsARetryWaitForTheFirstTry) {
  server_.gate(0).Close();
  api::ForwardRequest request = JsonForward(OpenEvents(2));
  request.add_sources(std::string("first"));
  request.set_wait(api::WAIT_DELIVERED);
  const auto forward = [&](api::ForwardResponse& answer) {
    grpc::ClientContext context;
    context.AddMetadata("segrid-idempotency-key", "both");
    return server_.bridge().Forward(&context, request, &answer).ok();
  };
  api::ForwardResponse first;
  std::thread other([&] { EXPECT_TRUE(forward(first)); });
  server_.gate(0).WaitForWaiting();
  // The first try is waiting for its delivery now.
  std::thread open([&] { server_.gate(0).Open(); });
  EXPECT_TRUE(forward(forwarded_));
  other.join();
  open.join();
  EXPECT_EQ(forwarded_.SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(forwarded_.delivered_count(), 2);
  EXPECT_EQ(forwarded_.duplicate_count(), 0);
}

TEST_F(BridgeServiceTest, WaitsForDelivery) {
  api::ForwardRequest request = JsonForward(OpenEvents(2));
  request.add_sources(std::string("first"));
  request.set_wait(api::WAIT_DELIVERED);
  ASSERT_TRUE(Forward(request).ok());
  EXPECT_EQ(forwarded_.delivered_count(), 2);
  EXPECT_EQ(forwarded_.pending_count(), 0);
  EXPECT_EQ(server_.gate(0).delivered().size(), 2u);
}

TEST_F(BridgeServiceTest, TellsWhatIsPendingBeforeTheDeadline) {
  server_.gate(0).Close();
  api::ForwardRequest request = JsonForward(OpenEvents(2));
  request.add_sources(std::string("first"));
  request.set_wait(api::WAIT_DELIVERED);
  ASSERT_TRUE(Forward(request, absl::Seconds(1)).ok());
  EXPECT_EQ(forwarded_.delivered_count(), 0);
  EXPECT_EQ(forwarded_.pending_count(), 2);
}

TEST_F(BridgeServiceTest, EndsACancelledWait) {
  server_.gate(0).Close();
  api::ForwardRequest request = JsonForward(OpenEvents(1));
  request.set_wait(api::WAIT_DELIVERED);
  grpc::ClientContext context;
  std::thread cancel([&] {
    server_.gate(0).WaitForWaiting();
    context.TryCancel();
  });
  EXPECT_EQ(
      server_.bridge().Forward(&context, request, &forwarded_).error_code(),
      grpc::StatusCode::CANCELLED);
  cancel.join();
  // The answer that comes now finds no call, and nothing breaks.
  server_.gate(0).Open();
  EXPECT_TRUE(server_.gate(0).WaitForDelivered(1));
  EXPECT_TRUE(Transform(JsonTransform("[]")).ok());
}

TEST_F(BridgeServiceTest, SaysWhatIsWrongWithARequest) {
  struct Row {
    api::TransformRequest request;
    grpc::StatusCode code;
    std::string reason;
  };
  api::TransformRequest both = JsonTransform("[]");
  both.add_events();
  api::TransformRequest unknown = JsonTransform("[]");
  unknown.set_source("nobody");
  api::TransformRequest output = JsonTransform("[]");
  output.set_output(static_cast<api::Output>(7));
  const Row rows[] = {
      {{}, grpc::StatusCode::INVALID_ARGUMENT, "NO_INPUT"},
      {both, grpc::StatusCode::INVALID_ARGUMENT, "TWO_INPUTS"},
      {output, grpc::StatusCode::INVALID_ARGUMENT, "MALFORMED_REQUEST"},
      {JsonTransform("{]"), grpc::StatusCode::INVALID_ARGUMENT, "INVALID_JSON"},
      {JsonTransform("{}"), grpc::StatusCode::INVALID_ARGUMENT, "NOT_AN_ARRAY"},
      {JsonTransform(OpenEvents(10'001)), grpc::StatusCode::INVALID_ARGUMENT,
       "TOO_MANY_EVENTS"},
      {unknown, grpc::StatusCode::NOT_FOUND, "UNKNOWN_SOURCE"},
  };
  for (const Row& row : rows) {
    const grpc::Status status = Transform(row.request);
    EXPECT_EQ(status.error_code(), row.code) << row.reason;
    EXPECT_EQ(ReasonOf(status), row.reason);
  }
}

TEST_F(BridgeServiceTest, PutsNoEventDataIntoErrors) {
  const std::string secret = "canary@example.com";
  for (const std::string& body :
       {"[{\"email\":\"" + secret + "\",]", "{\"email\":\"" + secret + "\"}",
        "[{\"email\":\"" + secret + "\"}\xFF]"}) {
    const grpc::Status status = Transform(JsonTransform(body));
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(status.error_message().find("canary"), std::string::npos);
    EXPECT_EQ(status.error_details().find("canary"), std::string::npos);
  }
}

TEST_F(BridgeServiceTest, RefusesMessagesOverTheLimit) {
  const grpc::Status status =
      Transform(JsonTransform("[" + std::string(4 << 20, ' ') + "]"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  // Just below: the limit is the message's.
  EXPECT_TRUE(
      Transform(JsonTransform("[" + std::string((4 << 20) - 20, ' ') + "]"))
          .ok());
}

TEST_F(BridgeServiceTest, DoesNotUnpackCompressedMessages) {
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  const grpc::Status status = server_.bridge().Transform(
      &context, JsonTransform(OpenEvents(100)), &transformed_);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace segrid::rpc
