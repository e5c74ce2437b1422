#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/server/testing/running_server.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;
using testing::OpenEvents;
using testing::ReasonOf;
using testing::RunningServer;

api::TransformStreamRequest ToTransform(int id, std::string body) {
  api::TransformStreamRequest message;
  message.set_request_id(std::to_string(id));
  message.mutable_request()->set_webhook_json(std::move(body));
  return message;
}

api::ForwardStreamRequest ToForward(int id, std::string body) {
  api::ForwardStreamRequest message;
  message.set_request_id(std::to_string(id));
  message.mutable_request()->set_webhook_json(std::move(body));
  return message;
}

std::string StreamReason(const segrid::rpc::v1::Status& status) {
  return ReasonOf(grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                               status.message(), status.SerializeAsString()));
}

class StreamsTest : public ::testing::Test {
 protected:
  // Tracks that the queue took for the source `first`.
  std::int64_t Accepted() {
    grpc::ClientContext context;
    api::GetStatusResponse status;
    EXPECT_TRUE(server_.admin().GetStatus(&context, {}, &status).ok());
    return status.status().sources(0).accepted_count();
  }

  RunningServer server_;
  grpc::ClientContext context_;
};

TEST_F(StreamsTest, TransformAnswersInOrder) {
  auto stream = server_.bridge().TransformStream(&context_);
  std::thread writer([&] {
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(stream->Write(ToTransform(i, OpenEvents(i % 7, i))));
    }
    stream->WritesDone();
  });
  api::TransformStreamResponse answer;
  int answers = 0;
  for (; stream->Read(&answer); ++answers) {
    ASSERT_EQ(answer.request_id(), std::to_string(answers));
    ASSERT_TRUE(answer.has_response());
    ASSERT_EQ(answer.response().track_count(), answers % 7);
  }
  writer.join();
  EXPECT_EQ(answers, 500);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamsTest, AFailedBatchDoesNotEndTheStream) {
  auto stream = server_.bridge().TransformStream(&context_);
  api::TransformStreamResponse answer;
  ASSERT_TRUE(stream->Write(ToTransform(1, "no JSON")));
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.request_id(), "1");
  EXPECT_EQ(StreamReason(answer.error()), "INVALID_JSON");
  ASSERT_TRUE(stream->Write(api::TransformStreamRequest()));
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(StreamReason(answer.error()), "NO_INPUT");
  api::TransformStreamRequest long_id = ToTransform(0, "[]");
  long_id.set_request_id(std::string(129, 'x'));
  ASSERT_TRUE(stream->Write(long_id));
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(StreamReason(answer.error()), "MALFORMED_REQUEST");
  ASSERT_TRUE(stream->Write(ToTransform(2, OpenEvents(1))));
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_TRUE(answer.has_response());
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamsTest, AnUnreadableMessageEndsTheStreamAfterTheAnswers) {
  // Bytes that are no message, through the generic stub's door.
  auto stream = server_.bridge().ForwardStream(&context_);
  ASSERT_TRUE(stream->Write(ToForward(1, OpenEvents(1))));
  api::ForwardStreamRequest bad = ToForward(2, "[]");
  // An unknown field goes out as it is: a group that never ends.
  bad.GetReflection()->MutableUnknownFields(&bad)->AddLengthDelimited(1,
                                                                      "\xFF");
  ASSERT_TRUE(stream->Write(bad));
  api::ForwardStreamResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.request_id(), "1");
  EXPECT_FALSE(stream->Read(&answer));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "MALFORMED_REQUEST");
}

TEST_F(StreamsTest, ForwardAnswersEachMessage) {
  auto stream = server_.bridge().ForwardStream(&context_);
  std::thread writer([&] {
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(stream->Write(ToForward(i, OpenEvents(2, 2 * i))));
    }
    stream->WritesDone();
  });
  std::set<std::string> ids;
  api::ForwardStreamResponse answer;
  while (stream->Read(&answer)) {
    EXPECT_EQ(answer.response().accepted_count(), 4);
    ids.insert(answer.request_id());
  }
  writer.join();
  EXPECT_EQ(ids.size(), 200u);
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(server_.gate(0).WaitForDelivered(400));
}

TEST_F(StreamsTest, AWaitingForwardIsOvertaken) {
  server_.gate(0).Close();
  auto stream = server_.bridge().ForwardStream(&context_);
  api::ForwardStreamRequest waiting = ToForward(1, OpenEvents(1));
  waiting.mutable_request()->set_wait(api::WAIT_DELIVERED);
  ASSERT_TRUE(stream->Write(waiting));
  ASSERT_TRUE(stream->Write(ToForward(2, OpenEvents(1, 5))));
  api::ForwardStreamResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.request_id(), "2");
  server_.gate(0).Open();
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.request_id(), "1");
  EXPECT_EQ(answer.response().delivered_count(), 2);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamsTest, ReadsNoFurtherThanTheLimitOfUnansweredMessages) {
  server_.gate(0).Close();
  auto stream = server_.bridge().ForwardStream(&context_);
  constexpr int kMessages = 200;
  for (int i = 0; i < kMessages; ++i) {
    api::ForwardStreamRequest waiting = ToForward(i, OpenEvents(1, i));
    waiting.mutable_request()->add_sources(std::string("first"));
    waiting.mutable_request()->set_wait(api::WAIT_DELIVERED);
    ASSERT_TRUE(stream->Write(waiting));
  }
  // As many as the stream takes; the rest waits on the wire.
  for (int i = 0; i < 10'000 && Accepted() < 64; ++i) {
  }
  for (int i = 0; i < 50; ++i) ASSERT_EQ(Accepted(), 64);
  server_.gate(0).Open();
  stream->WritesDone();
  api::ForwardStreamResponse answer;
  int answers = 0;
  while (stream->Read(&answer)) ++answers;
  EXPECT_EQ(answers, kMessages);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamsTest, ACancelledStreamLeavesNothingBehind) {
  server_.gate(0).Close();
  auto stream = server_.bridge().ForwardStream(&context_);
  api::ForwardStreamRequest waiting = ToForward(1, OpenEvents(1));
  waiting.mutable_request()->set_wait(api::WAIT_DELIVERED);
  ASSERT_TRUE(stream->Write(waiting));
  ASSERT_TRUE(server_.gate(0).WaitForWaiting());
  context_.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  server_.gate(0).Open();
  EXPECT_TRUE(server_.gate(0).WaitForDelivered(1));
}

}  // namespace
}  // namespace segrid::rpc
