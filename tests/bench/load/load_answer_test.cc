#include <string>

#include "bench/load/answer.h"
#include "bench/stats/codes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::bench {
namespace {

using ::testing::HasSubstr;

grpc::ByteBuffer Bytes(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

segrid::v1::TransformResponse Right() {
  segrid::v1::TransformResponse response;
  response.set_event_count(3);
  response.set_track_count(1);
  response.set_skipped_count(1);
  response.set_rejected_count(1);
  response.add_tracks();
  return response;
}

TEST(Answer, IsRightWhenEveryEventIsAccountedFor) {
  EXPECT_EQ(CheckAnswer(Method::kTransform, Bytes(Right()), 3), "");
  EXPECT_THAT(CheckAnswer(Method::kTransform, Bytes(Right()), 4),
              HasSubstr("sent 4 events"));
}

TEST(Answer, IsWrongWhenTracksAreMissing) {
  auto response = Right();
  response.clear_tracks();
  EXPECT_THAT(CheckAnswer(Method::kTransform, Bytes(response), 3),
              HasSubstr("holds 0"));
  response.set_batch_json("{\"batch\":[{}]}");
  EXPECT_EQ(CheckAnswer(Method::kTransform, Bytes(response), 3), "");
}

TEST(Answer, CountsForwardsPerSource) {
  segrid::v1::ForwardResponse response;
  response.set_event_count(2);
  response.set_accepted_count(3);
  response.set_duplicate_count(1);
  response.add_sources();
  response.add_sources();
  EXPECT_EQ(CheckAnswer(Method::kForward, Bytes(response), 2), "");
  response.set_duplicate_count(0);
  EXPECT_NE(CheckAnswer(Method::kForward, Bytes(response), 2), "");
}

TEST(Answer, MustBeTheMessage) {
  const grpc::Slice slice("\xFF\xFF");
  EXPECT_NE(CheckAnswer(Method::kTransform, grpc::ByteBuffer(&slice, 1), 1),
            "");
}

TEST(Answer, OfAStreamIsReadFromItsFirstBytes) {
  segrid::v1::TransformStreamResponse message;
  message.set_request_id("abc");
  *message.mutable_response() = Right();
  const StreamAnswer answer = ReadStreamAnswer(Bytes(message));
  EXPECT_TRUE(answer.is_readable);
  EXPECT_EQ(answer.request_id, "abc");
  EXPECT_EQ(answer.code, kOk);
  EXPECT_EQ(CheckAnswer(Method::kTransformStream, Bytes(message), 3), "");
}

TEST(Answer, OfAStreamCarriesItsError) {
  segrid::v1::ForwardStreamResponse message;
  message.set_request_id("abc");
  message.mutable_error()->set_code(8);
  message.mutable_error()->set_message("full");
  const StreamAnswer answer = ReadStreamAnswer(Bytes(message));
  EXPECT_TRUE(answer.is_readable);
  EXPECT_EQ(kCodeNames[answer.code], "RESOURCE_EXHAUSTED");
  EXPECT_EQ(answer.error, "full");
  // An error without a code is an error all the same.
  message.mutable_error()->clear_code();
  EXPECT_NE(ReadStreamAnswer(Bytes(message)).code, kOk);
}

}  // namespace
}  // namespace segrid::bench
