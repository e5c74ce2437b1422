// One batch in, one answer out: errors, counts, form.

#include "core/pipeline/transform_batch.h"

#include <string>
#include <vector>

#include "core/base/error_info.h"
#include "gtest/gtest.h"
#include "segrid/rpc/v1/errors.pb.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::pipeline {
namespace {

using transform::Options;
using transform::Reason;

constexpr std::int32_t kNoLimit = 0;
constexpr Output kOutputs[] = {Output::kBatchJson, Output::kTracks};

Input Json(std::string_view body) { return {Input::Form::kWebhookJson, body}; }
Input Typed(std::string_view request) {
  return {Input::Form::kTypedRequest, request};
}

std::string ToJson(std::string_view body, const Options& options = {}) {
  BatchTransformer transformer;
  TransformResult result;
  EXPECT_TRUE(
      transformer
          .Transform(Json(body), options, Output::kBatchJson, kNoLimit, result)
          .ok());
  return std::string(result.output.view());
}

// mapping.md, "An example".
TEST(TransformBatch, GivesTheExampleOfTheSpec) {
  const std::string body =
      R"([{"email":"Ada@Example.com","timestamp":1591726752,"event":"click",)"
      R"("sg_event_id":"c2VnLWV2ZW50LWlk",)"
      R"("sg_message_id":"14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",)"
      R"("mc_stats":"singlesend","phase_id":"test",)"
      R"("singlesend_id":"fc59bd25-5cb1-11ec-a05d-f2509ce774e9",)"
      R"("singlesend_name":"June news","template_id":"d-355ddad6",)"
      R"("category":"news","asm_group_id":42,)"
      R"("url":"https://example.com/a?b=1","ip":"203.0.113.9",)"
      R"("useragent":"Mozilla/5.0"}])";
  EXPECT_EQ(
      ToJson(body),
      R"({"batch":[{"type":"track","messageId":"c2VnLWV2ZW50LWlk",)"
      R"("anonymousId":)"
      R"("b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72",)"
      R"("event":"Email Link Clicked","timestamp":"2020-06-09T18:19:12.000Z",)"
      R"("properties":{"email_type":"Singlesend","template_id":"d-355ddad6",)"
      R"("test_phase":true,"unsubscribe_group_id":42,)"
      R"("link_url":"https://example.com/a?b=1","categories":["news"],)"
      R"("campaign_name":"June news",)"
      R"("campaign_id":"fc59bd25-5cb1-11ec-a05d-f2509ce774e9"},)"
      R"("context":{"library":{"name":"segrid","version":"0.1.0"},)"
      R"("traits":{"email":"Ada@Example.com","ip":"203.0.113.9",)"
      R"("user_agent":"Mozilla/5.0"}}}]})");
}

TEST(TransformBatch, ABatchWithoutTracksIsStillABatch) {
  for (const char* body : {"[]", "[1]", R"([{"event":"deferred"},{}])"}) {
    EXPECT_EQ(ToJson(body), R"({"batch":[]})") << body;
  }
}

TEST(TransformBatch, BadElementsDoNotTouchTheirNeighbours) {
  const std::string good =
      R"({"email":"a","event":"open","timestamp":1,"sg_event_id":"x"})";
  const std::string alone = ToJson("[" + good + "]");
  const std::string track = alone.substr(10, alone.size() - 12);
  const std::string mixed = "[1," + good + ",{},{\"event\":\"deferred\"}," +
                            good + ",{\"event\":\"open\"}]";
  EXPECT_EQ(ToJson(mixed), "{\"batch\":[" + track + "," + track + "]}");

  BatchTransformer transformer;
  TransformResult result;
  ASSERT_TRUE(
      transformer
          .Transform(Json(mixed), Options(), Output::kTracks, kNoLimit, result)
          .ok());
  EXPECT_EQ(result.counts.events, 6);
  EXPECT_EQ(result.counts.tracks, 2);
  EXPECT_EQ(result.counts.skipped, 1);
  EXPECT_EQ(result.counts.rejected, 3);
  const std::vector<std::pair<int, Reason>> expected = {
      {0, Reason::kNotAnObject},
      {2, Reason::kMissingEvent},
      {3, Reason::kEventNotSelected},
      {5, Reason::kMissingEmail}};
  ASSERT_EQ(result.issues.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(result.issues[i].index, expected[i].first);
    EXPECT_EQ(result.issues[i].reason, expected[i].second);
    EXPECT_EQ(result.issues[i].source, -1);
  }
}

TEST(TransformBatch, ConversionsAreCountedOnceAnEvent) {
  const std::string body =
      R"([{"email":"a","event":"open","timestamp":"1","sg_machine_open":"x"},)"
      R"({"email":"a","event":"open","timestamp":"1","asm_group_id":"7"}])";
  BatchTransformer transformer;
  TransformResult result;
  for (const Output output : kOutputs) {
    ASSERT_TRUE(
        transformer.Transform(Json(body), Options(), output, kNoLimit, result)
            .ok());
    EXPECT_EQ(result.counts.field_coerced, 3);
    EXPECT_EQ(result.counts.field_dropped, 1);
  }
}

// mapping.md, 3.9: one for each string, once for the body.
TEST(TransformBatch, BytesThatAreNoUtf8AreCountedAsConverted) {
  const std::string body =
      "[{\"email\":\"a\",\"event\":\"bounce\",\"timestamp\":\"1\",\"reason\":"
      "\"\xE9 and \xE9\",\"cl\xE9\":\"\xFF\"}]";
  BatchTransformer transformer;
  TransformResult result;
  for (const Output output : kOutputs) {
    ASSERT_TRUE(
        transformer.Transform(Json(body), Options(), output, kNoLimit, result)
            .ok());
    EXPECT_EQ(result.counts.field_coerced, 4);  // And the timestamp.
    EXPECT_EQ(result.counts.tracks, 1);
    ASSERT_TRUE(
        transformer.Transform(Json("[]"), Options(), output, kNoLimit, result)
            .ok());
    EXPECT_EQ(result.counts.field_coerced, 0);
  }
}

TEST(TransformBatch, TheNumberOfEventsIsLimited) {
  v1::TransformRequest request;
  for (int i = 0; i < 4; ++i) request.add_events()->set_event("open");
  const std::string typed = request.SerializeAsString();
  const std::string json = R"([{"event":"open"},1,{},"x"])";
  BatchTransformer transformer;
  TransformResult result;
  for (const Input& input : {Json(json), Typed(typed)}) {
    for (const Output output : kOutputs) {
      for (const std::int32_t limit : {0, 4, 5}) {
        EXPECT_TRUE(
            transformer.Transform(input, Options(), output, limit, result)
                .ok());
        EXPECT_EQ(result.counts.events, 4);
      }
      for (const std::int32_t limit : {1, 3}) {
        const absl::Status status =
            transformer.Transform(input, Options(), output, limit, result);
        EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
        EXPECT_EQ(base::ReasonOf(status), "TOO_MANY_EVENTS");
      }
    }
  }
}

std::string ViolatedField(const absl::Status& status) {
  rpc::v1::BadRequest request;
  const auto payload = status.GetPayload(base::kBadRequestUrl.data());
  if (!payload.has_value()) return "";
  EXPECT_TRUE(request.ParseFromString(std::string(*payload)));
  return request.field_violations(0).field();
}

TEST(TransformBatch, AMalformedRequestNamesTheEvent) {
  v1::TransformRequest good;
  good.add_events()->set_event("open");
  const std::string first = good.SerializeAsString();
  const std::string cases[] = {
      first + "\x0A\x05xx",            // Cut off.
      first + "\x0A\x03\x0A\x01\xFF",  // Not UTF-8.
      first + "\x0A\x02\x0A\x05",      // A length over the event's end.
      first + std::string("\x00", 1),  // Field number 0.
      first + "\x0C",                  // The end of a group.
      first + "\x0B",                  // A group that does not end.
      first + "\x0A\xFF\xFF\xFF\xFF\x7F"};
  BatchTransformer transformer;
  TransformResult result;
  for (const std::string& bytes : cases) {
    v1::TransformRequest parsed;
    EXPECT_FALSE(parsed.ParseFromString(bytes));
    for (const Output output : kOutputs) {
      const absl::Status status = transformer.Transform(
          Typed(bytes), Options(), output, kNoLimit, result);
      EXPECT_EQ(base::ReasonOf(status), "MALFORMED_REQUEST");
      EXPECT_EQ(ViolatedField(status), "events[1]");
    }
  }
}

TEST(TransformBatch, OtherFieldsOfTheRequestAreSkipped) {
  v1::TransformRequest request;
  request.set_source("prod");
  request.set_output(v1::OUTPUT_BATCH_JSON);
  request.set_webhook_json("ignored here");
  const std::string before = request.SerializeAsString();
  v1::TransformRequest events;
  events.add_events()->set_event("deferred");
  const std::string bytes = before + events.SerializeAsString() + before +
                            std::string("\x08\x01\xA3\x06\x08\x01\xA4\x06", 8) +
                            events.SerializeAsString();
  BatchTransformer transformer;
  TransformResult result;
  ASSERT_TRUE(
      transformer
          .Transform(Typed(bytes), Options(), Output::kTracks, kNoLimit, result)
          .ok());
  EXPECT_EQ(result.counts.events, 2);
  EXPECT_EQ(result.counts.skipped, 2);
}

TEST(TransformBatch, AfterAnErrorTheNextBatchIsRight) {
  const std::string good =
      R"([{"email":"a","event":"open","timestamp":1,"sg_event_id":"x"}])";
  const std::string expected = ToJson(good);
  BatchTransformer transformer;
  TransformResult result;
  for (const char* bad : {"", "[", "{}", "[{\"event\":\"open\"},", "[1] x"}) {
    EXPECT_FALSE(transformer
                     .Transform(Json(bad), Options(), Output::kBatchJson,
                                kNoLimit, result)
                     .ok());
    ASSERT_TRUE(transformer
                    .Transform(Json(good), Options(), Output::kBatchJson,
                               kNoLimit, result)
                    .ok());
    EXPECT_EQ(result.output.view(), expected);
    EXPECT_EQ(result.counts.events, 1);
    EXPECT_TRUE(result.issues.empty());
    transformer.Shrink();
  }
}

}  // namespace
}  // namespace segrid::pipeline
