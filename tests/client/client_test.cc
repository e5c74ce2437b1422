#include "client/client.h"

// What a user includes must not drag in gRPC, or Abseil, whose platform
// version has a string_view of its own.
#if defined(GRPC_IMPL_CODEGEN_PORT_PLATFORM_H) || \
    defined(GRPCPP_SUPPORT_STATUS_H) || defined(ABSL_BASE_CONFIG_H_)
#error "a public header of the client includes gRPC or Abseil"
#endif

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace segrid {
namespace {

using ::testing::ElementsAre;

// Records what it is asked.
class RecordingConnection final : public Connection {
 public:
  Result<v1::TransformResponse> Transform(const v1::TransformRequest& request,
                                          const CallOptions& options) override {
    transforms.push_back(request);
    timeouts.push_back(options.timeout);
    v1::TransformResponse response;
    response.set_event_count(3);
    return response;
  }
  Result<v1::ForwardResponse> Forward(const v1::ForwardRequest& request,
                                      const CallOptions& options) override {
    forwards.push_back(request);
    timeouts.push_back(options.timeout);
    v1::ForwardResponse response;
    response.set_accepted_count(2);
    return response;
  }

  std::vector<v1::TransformRequest> transforms;
  std::vector<v1::ForwardRequest> forwards;
  std::vector<std::optional<std::chrono::nanoseconds>> timeouts;
};

TEST(Client, SendsAWebhookBodyToTransformAsItIs) {
  const auto connection = std::make_shared<RecordingConnection>();
  const Client client(connection);
  const auto answer =
      client.Transform("[{}]\r\n", {.source = "prod",
                                    .output = v1::OUTPUT_BATCH_JSON,
                                    .call = {std::chrono::seconds(3)}});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->event_count(), 3);
  ASSERT_EQ(connection->transforms.size(), 1u);
  const v1::TransformRequest& request = connection->transforms[0];
  EXPECT_EQ(request.webhook_json(), "[{}]\r\n");
  EXPECT_EQ(request.source(), "prod");
  EXPECT_EQ(request.output(), v1::OUTPUT_BATCH_JSON);
  EXPECT_EQ(request.events_size(), 0);
  EXPECT_THAT(connection->timeouts, ElementsAre(std::chrono::seconds(3)));
}

// Programs outlive the servers of their day.
TEST(Client, PassesOnReasonsThatItDoesNotKnow) {
  class Newer final : public Connection {
   public:
    Result<v1::ForwardResponse> Forward(const v1::ForwardRequest&,
                                        const CallOptions&) override {
      v1::ForwardResponse sent;
      v1::EventIssue* const issue = sent.add_issues();
      issue->set_outcome(v1::OUTCOME_SKIPPED);
      issue->set_reason(static_cast<v1::Reason>(99));
      v1::ForwardResponse response;  // As it comes over the wire.
      EXPECT_TRUE(response.ParseFromString(sent.SerializeAsString()));
      return response;
    }
  };
  const auto answer = Client(std::make_shared<Newer>()).Forward("[{}]");
  ASSERT_TRUE(answer.ok());
  ASSERT_EQ(answer->issues_size(), 1);
  EXPECT_EQ(static_cast<int>(answer->issues(0).reason()), 99);
  EXPECT_EQ(answer->issues(0).outcome(), v1::OUTCOME_SKIPPED);
}

TEST(Client, AsksForTypedTracksOfNoSourceByDefault) {
  const auto connection = std::make_shared<RecordingConnection>();
  ASSERT_TRUE(Client(connection).Transform("[]").ok());
  EXPECT_EQ(connection->transforms[0].source(), "");
  EXPECT_EQ(connection->transforms[0].output(), v1::OUTPUT_TRACKS);
  EXPECT_THAT(connection->timeouts, ElementsAre(std::nullopt));
}

TEST(Client, SendsAWebhookBodyToForwardForItsSources) {
  const auto connection = std::make_shared<RecordingConnection>();
  const Client client(connection);
  const auto answer = client.Forward(
      "[]", {.sources = {"a", "b"}, .wait = v1::WAIT_DELIVERED, .call = {}});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->accepted_count(), 2);
  const v1::ForwardRequest& request = connection->forwards[0];
  EXPECT_EQ(request.webhook_json(), "[]");
  EXPECT_THAT(request.sources(), ElementsAre("a", "b"));
  EXPECT_EQ(request.wait(), v1::WAIT_DELIVERED);
}

TEST(Client, SendsTypedEventsUnchanged) {
  const auto connection = std::make_shared<RecordingConnection>();
  const Client client(connection);
  v1::TransformRequest transform;
  transform.add_events()->set_smtp_id("<1@x>");
  v1::ForwardRequest forward;
  forward.add_events()->set_event("open");
  ASSERT_TRUE(client.Transform(transform).ok());
  ASSERT_TRUE(client.Forward(forward).ok());
  EXPECT_EQ(connection->transforms[0].events(0).smtp_id(), "<1@x>");
  EXPECT_EQ(connection->forwards[0].events(0).event(), "open");
}

TEST(Connection, AnswersUnimplementedForWhatAStandInDoesNotOverride) {
  class Empty final : public Connection {};
  const Client client(std::make_shared<Empty>());
  EXPECT_EQ(client.Transform("[]").error().code, ErrorCode::kUnimplemented);
  EXPECT_EQ(client.Forward("[]").error().code, ErrorCode::kUnimplemented);
}

TEST(Client, IsStillThereAfterAMove) {
  const auto connection = std::make_shared<RecordingConnection>();
  Client client(connection);
  const Client moved = std::move(client);
  EXPECT_TRUE(moved.Forward("[]").ok());
  EXPECT_TRUE(client.Forward("[]").ok());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(connection->forwards.size(), 2u);
}

}  // namespace
}  // namespace segrid
