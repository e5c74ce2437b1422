#include "server/rpc/envelope.h"

#include <string>
#include <string_view>

#include "core/base/error_info.h"
#include "gtest/gtest.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;
using pipeline::Input;

std::string Reason(const absl::Status& status) {
  return base::ReasonOf(status);
}

TEST(TransformEnvelope, GivesTheInputWhereItLies) {
  api::TransformRequest request;
  request.set_webhook_json("[]");
  request.set_source("prod");
  request.set_output(api::OUTPUT_BATCH_JSON);
  const std::string bytes = request.SerializeAsString();
  TransformEnvelope envelope;
  ASSERT_TRUE(DecodeTransform(bytes, envelope).ok());
  EXPECT_EQ(envelope.input.form, Input::Form::kWebhookJson);
  EXPECT_EQ(envelope.input.bytes, "[]");
  EXPECT_GE(envelope.input.bytes.data(), bytes.data());  // No copy.
  EXPECT_LT(envelope.input.bytes.data(), bytes.data() + bytes.size());
  EXPECT_EQ(envelope.source, "prod");
  EXPECT_EQ(envelope.output, pipeline::Output::kBatchJson);
}

TEST(TransformEnvelope, LeavesTypedEventsToThePipeline) {
  api::TransformRequest request;
  request.add_events()->set_email("a@b.c");
  const std::string bytes = request.SerializeAsString();
  TransformEnvelope envelope;
  ASSERT_TRUE(DecodeTransform(bytes, envelope).ok());
  EXPECT_EQ(envelope.input.form, Input::Form::kTypedRequest);
  EXPECT_EQ(envelope.input.bytes, bytes);
}

TEST(TransformEnvelope, NamesWhatIsWrong) {
  struct Row {
    std::string_view bytes;
    std::string_view reason;
  };
  const Row rows[] = {
      {"", "NO_INPUT"},
      {std::string_view("\x12\x00", 2), "NO_INPUT"},  // Empty webhook_json.
      {std::string_view("\x12\x02[]\x12\x00", 6), "NO_INPUT"},
      {std::string_view("\x0a\x00\x12\x02[]", 6), "TWO_INPUTS"},
      {"\x12\x05[]", "MALFORMED_REQUEST"},  // Longer than its bytes.
      {"\x12\x02[]\x1a\x01\xff", "MALFORMED_REQUEST"},  // `source` not UTF-8.
      {"\x12\x02[]\x20\x07", "MALFORMED_REQUEST"},      // `output` unknown.
      {"\x12\x02[]\x0c", "MALFORMED_REQUEST"},          // The end of no group.
      {"\x12\x02[]\x0b", "MALFORMED_REQUEST"},          // A group without end.
  };
  for (const Row& row : rows) {
    TransformEnvelope envelope;
    EXPECT_EQ(Reason(DecodeTransform(row.bytes, envelope)), row.reason)
        << testing::PrintToString(row.bytes);
  }
}

TEST(TransformEnvelope, TakesTheLastOfRepeatedScalars) {
  api::TransformRequest first;
  first.set_webhook_json("[1]");
  first.set_source("a");
  first.set_output(api::OUTPUT_BATCH_JSON);
  api::TransformRequest second;
  second.set_webhook_json("[2]");
  second.set_source("b");
  second.set_output(api::OUTPUT_TRACKS);
  std::string bytes;
  first.AppendToString(&bytes);
  second.AppendToString(&bytes);
  TransformEnvelope envelope;
  ASSERT_TRUE(DecodeTransform(bytes, envelope).ok());
  EXPECT_EQ(envelope.input.bytes, "[2]");
  EXPECT_EQ(envelope.source, "b");
  EXPECT_EQ(envelope.output, pipeline::Output::kTracks);
}

TEST(ForwardEnvelope, HasAllSourcesInOrder) {
  api::ForwardRequest request;
  request.set_webhook_json("[]");
  request.add_sources(std::string("b"));
  request.add_sources(std::string("a"));
  request.set_wait(api::WAIT_DELIVERED);
  ForwardEnvelope envelope;
  ASSERT_TRUE(DecodeForward(request.SerializeAsString(), envelope).ok());
  EXPECT_EQ(envelope.sources, (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(envelope.wait_delivered);
}

TEST(ForwardEnvelope, BoundsTheSources) {
  api::ForwardRequest request;
  request.set_webhook_json("[]");
  for (std::size_t i = 0; i <= kMaxSources; ++i)
    request.add_sources(std::string("a"));
  ForwardEnvelope envelope;
  EXPECT_EQ(Reason(DecodeForward(request.SerializeAsString(), envelope)),
            "MALFORMED_REQUEST");
  request.mutable_sources()->RemoveLast();
  EXPECT_TRUE(DecodeForward(request.SerializeAsString(), envelope).ok());
}

TEST(StreamEnvelope, JoinsARequestThatComesInPieces) {
  api::TransformStreamRequest first;
  first.set_request_id("7");
  first.mutable_request()->add_events()->set_email("a@b.c");
  api::TransformStreamRequest second;
  second.mutable_request()->add_events()->set_email("d@e.f");
  StreamEnvelope envelope;
  std::string bytes;
  first.AppendToString(&bytes);
  second.AppendToString(&bytes);
  ASSERT_TRUE(DecodeStream(bytes, envelope).ok());
  api::TransformRequest joined;
  ASSERT_TRUE(joined.ParseFromString(std::string(envelope.request)));
  EXPECT_EQ(joined.events_size(), 2);
  EXPECT_EQ(envelope.request_id, "7");
}

TEST(StreamEnvelope, RefusesHalvesOfAFieldInTwoPieces) {
  // Each piece has half of `webhook_json`: joined they would be a message.
  StreamEnvelope envelope;
  EXPECT_EQ(Reason(DecodeStream("\x12\x03\x12\x02[\x12\x01]", envelope)),
            "MALFORMED_REQUEST");
}

TEST(RequestId, MayHave128Bytes) {
  EXPECT_TRUE(CheckRequestId(std::string(128, 'x')).ok());
  EXPECT_EQ(Reason(CheckRequestId(std::string(129, 'x'))), "MALFORMED_REQUEST");
}

}  // namespace
}  // namespace segrid::rpc
