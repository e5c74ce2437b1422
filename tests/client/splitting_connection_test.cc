#include "client/internal/splitting_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "client/testing/fake_connection.h"
#include "client/testing/server_answers.h"

namespace segrid::internal {
namespace {

using testing::FakeConnection;
using ::testing::SizeIs;
using testing::Unavailable;

constexpr int kEvents = 7;

// Event `index` of a batch in which every third has no address.
std::string JsonEvent(int index) {
  return R"({"event":"open","timestamp":1591726752,"sg_event_id":"id)" +
         std::to_string(index) + R"(","email":")" +
         (index % 3 == 1 ? "" : "ada@example.com") + "\"}";
}

v1::TransformRequest JsonBatch() {
  std::string body = "[";
  for (int i = 0; i < kEvents; ++i) {
    if (i > 0) body += ",\r\n";
    body += JsonEvent(i);
  }
  v1::TransformRequest request;
  request.set_webhook_json(body.append("]\r\n"));
  return request;
}

v1::TransformRequest TypedBatch() {
  v1::TransformRequest request;
  for (int i = 0; i < kEvents; ++i) {
    v1::SendGridEvent& event = *request.add_events();
    event.set_event("open");
    event.set_timestamp(1591726752);
    event.set_sg_event_id("id" + std::to_string(i));
    if (i % 3 != 1) event.set_email("ada@example.com");
  }
  return request;
}

class SplittingConnectionTest : public ::testing::Test {
 protected:
  SplittingConnection Make(std::int32_t max_events,
                           std::int64_t max_bytes = 1 << 20) {
    ClientOptions options;
    options.max_request_events = max_events;
    options.max_request_bytes = max_bytes;
    return SplittingConnection(wire_, options);
  }

  const std::shared_ptr<FakeConnection> wire_ =
      std::make_shared<FakeConnection>();
};

// The one answer that matters: that of the whole batch in one call.
void ExpectLikeOneCall(const v1::TransformRequest& request,
                       const v1::TransformResponse& answer) {
  EXPECT_EQ(answer.SerializeAsString(),
            testing::AnswerTransform(request)->SerializeAsString());
}

TEST_F(SplittingConnectionTest, AnswersPartsAsOneCall) {
  for (v1::TransformRequest request : {JsonBatch(), TypedBatch()}) {
    for (const auto output : {v1::OUTPUT_TRACKS, v1::OUTPUT_BATCH_JSON}) {
      request.set_output(output);
      for (const int max_events : {1, 2, 3, 6, 7}) {
        const auto answer = Make(max_events).Transform(request, {});
        ASSERT_TRUE(answer.ok()) << answer.error();
        ExpectLikeOneCall(request, *answer);
      }
      std::optional<v1::TransformResponse> async_answer;
      Make(2).TransformAsync(
          request, {}, [&](auto answer) { async_answer = *std::move(answer); });
      ExpectLikeOneCall(request, async_answer.value());
    }
  }
}

TEST_F(SplittingConnectionTest, KeepsEveryPartUnderTheLimits) {
  for (const v1::TransformRequest& request : {JsonBatch(), TypedBatch()}) {
    const std::int64_t max_bytes = 1 << 10;
    v1::TransformRequest large = request;
    for (int i = 0; i < 5; ++i) {
      large.MergeFrom(request);
    }
    if (!request.webhook_json().empty()) {
      std::string body = "[";
      body.append(JsonEvent(0));
      for (int i = 1; i < 40; ++i) body.append(",").append(JsonEvent(i));
      large.set_webhook_json(body.append("]"));
    }
    const std::size_t before = wire_->transforms().size();
    const auto answer = Make(1'000, max_bytes).Transform(large, {});
    ASSERT_TRUE(answer.ok()) << answer.error();
    ExpectLikeOneCall(large, *answer);
    const auto calls = wire_->transforms();
    EXPECT_GT(calls.size(), before + 1);
    for (std::size_t i = before; i < calls.size(); ++i) {
      EXPECT_LE(calls[i].request.ByteSizeLong(),
                static_cast<std::size_t>(max_bytes));
    }
  }
}

TEST_F(SplittingConnectionTest, SendsWhatFitsAsItIs) {
  ASSERT_TRUE(Make(kEvents).Transform(JsonBatch(), {}).ok());
  const auto calls = wire_->transforms();
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].request.webhook_json(), JsonBatch().webhook_json());
  EXPECT_FALSE(calls[0].options.timeout.has_value());
}

TEST_F(SplittingConnectionTest, AddsUpWhatTheSourcesDid) {
  v1::ForwardRequest request;
  request.set_webhook_json(JsonBatch().webhook_json());
  request.add_sources("one");
  request.add_sources("two");
  request.set_wait(v1::WAIT_DELIVERED);
  const auto answer = Make(2).Forward(request, {});
  ASSERT_TRUE(answer.ok()) << answer.error();
  EXPECT_EQ(answer->SerializeAsString(),
            testing::AnswerForward(request)->SerializeAsString());
  std::optional<v1::ForwardResponse> async_answer;
  Make(2).ForwardAsync(request, {},
                       [&](auto done) { async_answer = *std::move(done); });
  EXPECT_EQ(async_answer->SerializeAsString(), answer->SerializeAsString());
}

TEST_F(SplittingConnectionTest, NamesThePartsOfACallDifferently) {
  v1::ForwardRequest request;
  request.set_webhook_json(JsonBatch().webhook_json());
  CallOptions options;
  options.idempotency_key = std::string(64, 'k');
  ASSERT_TRUE(Make(4).Forward(request, options).ok());
  const auto calls = wire_->forwards();
  ASSERT_THAT(calls, SizeIs(2));
  EXPECT_EQ(calls[0].options.idempotency_key, std::string(64, 'k') + "/0");
  EXPECT_EQ(calls[1].options.idempotency_key, std::string(64, 'k') + "/1");
}

TEST_F(SplittingConnectionTest, EndsAtTheFirstPartThatFails) {
  v1::ForwardRequest request;
  request.set_webhook_json(JsonBatch().webhook_json());
  Error bad = Unavailable();
  bad.field_violations.push_back({"events[1].email", "must be UTF-8"});
  wire_->AddForward(testing::AnswerForward(request));
  wire_->AddForward(bad);
  const auto answer = Make(2).Forward(request, {});
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(wire_->forwards(), SizeIs(2));
  EXPECT_EQ(answer.error().metadata.at("answered_events"), "2");
  EXPECT_EQ(answer.error().field_violations[0].field, "events[3].email");
  EXPECT_EQ(answer.error().EventIndex(), 3);
}

TEST_F(SplittingConnectionTest, LeavesABadBodyToTheServer) {
  v1::TransformRequest request;
  request.set_webhook_json("[1,2,3,4,5,");
  const auto answer = Make(2).Transform(request, {});
  EXPECT_EQ(answer.error().reason, "INVALID_JSON");
  EXPECT_THAT(wire_->transforms(), SizeIs(1));
}

TEST_F(SplittingConnectionTest, RefusesBadCallOptions) {
  CallOptions long_key;
  long_key.idempotency_key = std::string(65, 'k');
  CallOptions odd_key;
  odd_key.idempotency_key = "a\nb";
  CallOptions no_time;
  no_time.timeout = std::chrono::nanoseconds(0);
  for (const CallOptions& options : {long_key, odd_key, no_time}) {
    const auto answer = Make(2).Transform({}, options);
    EXPECT_EQ(answer.error().reason, "BAD_OPTION");
  }
  EXPECT_THAT(wire_->transforms(), SizeIs(0));
}

// Batches of few events are not measured: the server says when one is too
// large.
TEST_F(SplittingConnectionTest, CutsWhatTheServerFoundTooLarge) {
  v1::TransformRequest batch = TypedBatch();
  for (v1::SendGridEvent& event : *batch.mutable_events()) {
    event.set_url("https://example.com/" + std::string(12'000, 'a'));
  }
  Error too_large;
  too_large.code = ErrorCode::kResourceExhausted;
  wire_->AddTransform(too_large);
  SplittingConnection connection = Make(10'000, 64 << 10);
  const auto answer = connection.Transform(batch, {});
  ASSERT_TRUE(answer.ok()) << answer.error();
  ExpectLikeOneCall(batch, *answer);
  EXPECT_EQ(wire_->transforms().size(), 3u);  // The whole, and its parts.
  EXPECT_LE(wire_->transforms()[1].request.ByteSizeLong(), 64u << 10);

  wire_->AddTransform(too_large);
  std::optional<v1::TransformResponse> async_answer;
  connection.TransformAsync(
      batch, {}, [&](auto done) { async_answer = *std::move(done); });
  ExpectLikeOneCall(batch, async_answer.value());
  EXPECT_EQ(wire_->transforms().size(), 6u);
}

TEST_F(SplittingConnectionTest, GivesARefusalOfWhatFitsAsItIs) {
  Error full = testing::QueueFull(std::chrono::seconds(1));
  wire_->AddTransform(full);
  EXPECT_EQ(Make(10'000).Transform(TypedBatch(), {}).error().reason,
            "QUEUE_FULL");
  full.reason.clear();
  full.retry_delay.reset();
  wire_->AddTransform(full);
  EXPECT_EQ(Make(10'000).Transform(TypedBatch(), {}).error().code,
            ErrorCode::kResourceExhausted);
  EXPECT_EQ(wire_->transforms().size(), 2u);

  wire_->AddTransform(full);
  std::optional<Error> async_error;
  Make(10'000).TransformAsync(TypedBatch(), {}, [&](auto done) {
    async_error = std::move(done).error();
  });
  EXPECT_EQ(async_error.value().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(wire_->transforms().size(), 3u);
}

// Who sends a batch has to know which event to leave out.
TEST_F(SplittingConnectionTest, NamesTheEventThatIsTooLargeByItself) {
  Error too_large;
  too_large.code = ErrorCode::kResourceExhausted;
  for (const v1::TransformRequest& batch : {JsonBatch(), TypedBatch()}) {
    wire_->AddTransform(v1::TransformResponse());
    wire_->AddTransform(v1::TransformResponse());
    wire_->AddTransform(too_large);
    const auto answer = Make(1).Transform(batch, {});
    EXPECT_EQ(answer.error().code, ErrorCode::kResourceExhausted);
    EXPECT_EQ(answer.error().EventIndex(), 2);
    EXPECT_EQ(answer.error().metadata.at("answered_events"), "2");
  }
  v1::TransformRequest single;
  single.add_events()->set_event("open");
  wire_->AddTransform(too_large);
  EXPECT_EQ(Make(10).Transform(single, {}).error().EventIndex(), 0);
  wire_->AddTransform(too_large);
  Make(10).TransformAsync(single, {}, [](const auto& answer) {
    EXPECT_EQ(answer.error().EventIndex(), 0);
  });
  // Of several events any may be the large one.
  wire_->AddTransform(too_large);
  EXPECT_EQ(Make(7).Transform(TypedBatch(), {}).error().EventIndex(),
            std::nullopt);
}

}  // namespace
}  // namespace segrid::internal
