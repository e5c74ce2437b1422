// The streams of the client: over a wire to a fake and to the real server, and
// without a wire.

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "client/client.h"
#include "client/testing/fake_connection.h"
#include "client/testing/fake_server.h"
#include "tests/server/testing/running_server.h"

namespace segrid {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeConnection;
using testing::FakeServer;
using testing::RunningServer;

v1::ForwardStreamRequest Batch(int id, std::string body) {
  v1::ForwardStreamRequest message;
  message.set_request_id(std::to_string(id));
  message.mutable_request()->set_webhook_json(std::move(body));
  return message;
}

// Writes ten batches, the fourth of them bad, and checks their answers.
void ExpectTenForwards(const Client& client) {
  auto stream = client.OpenForwardStream();
  ASSERT_TRUE(stream.ok()) << stream.error();
  std::thread writer([&] {
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE((*stream)->Write(Batch(
          i, i == 3 ? std::string("{}") : testing::OpenEvents(2, 2 * i))));
    }
    (*stream)->WritesDone();
  });
  writer.join();
  std::map<std::string, v1::ForwardStreamResponse> answers;
  while (auto answer = (*stream)->Read())
    answers[answer->request_id()] = *answer;
  EXPECT_FALSE((*stream)->Finish().has_value());
  ASSERT_EQ(answers.size(), 10u);
  for (const auto& [id, answer] : answers) {
    if (id == "3") {
      ASSERT_TRUE(answer.has_error());
      const Error error = ErrorOf(answer.error());
      EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
      EXPECT_EQ(error.reason, "NOT_AN_ARRAY");
      continue;
    }
    ASSERT_TRUE(answer.has_response()) << id;
    EXPECT_EQ(answer.response().sources(0).accepted_count(), 2) << id;
  }
}

// The same for Transform, in order.
void ExpectTenTransforms(const Client& client) {
  auto stream = client.OpenTransformStream();
  ASSERT_TRUE(stream.ok()) << stream.error();
  for (int i = 0; i < 10; ++i) {
    v1::TransformStreamRequest message;
    message.set_request_id(std::to_string(i));
    message.mutable_request()->set_webhook_json(testing::OpenEvents(i));
    EXPECT_TRUE((*stream)->Write(message));
    const auto answer = (*stream)->Read();  // In turn.
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->request_id(), std::to_string(i));
    EXPECT_EQ(answer->response().tracks_size(), i);
  }
  (*stream)->WritesDone();
  EXPECT_FALSE((*stream)->Read().has_value());
  EXPECT_FALSE((*stream)->Finish().has_value());
}

TEST(ClientStreams, AreAnsweredByTheServer) {
  const RunningServer server;
  const auto client = Client::Connect({.address = server.address()});
  ExpectTenForwards(*client);
  ExpectTenTransforms(*client);
}

TEST(ClientStreams, AreAnsweredByTheFakeServer) {
  const FakeServer server;
  const auto client = Client::Connect({.address = server.address()});
  ExpectTenForwards(*client);
  ExpectTenTransforms(*client);
  EXPECT_EQ(server.forwards().size(), 10u);
  EXPECT_EQ(server.transforms().size(), 10u);
}

TEST(ClientStreams, AreAnsweredByTheFakeConnection) {
  const auto fake = std::make_shared<FakeConnection>();
  const Client client(fake);
  ExpectTenForwards(client);
  ExpectTenTransforms(client);
  EXPECT_EQ(fake->forwards().size(), 10u);
  // What a test has scripted comes first.
  fake->AddForward(testing::QueueFull(seconds(3)));
  const auto stream = *client.OpenForwardStream();
  EXPECT_TRUE(stream->Write(Batch(0, "[]")));
  const auto answer = stream->Read();
  ASSERT_TRUE(answer.has_value() && answer->has_error());
  EXPECT_EQ(ErrorOf(answer->error()).retry_delay, seconds(3));
}

TEST(ClientStreams, SayWhyTheyEnded) {
  FakeServer server;
  const auto client = Client::Connect({.address = server.address()});
  const auto stream = *client->OpenForwardStream();
  ASSERT_TRUE(stream->Write(Batch(0, "[]")));
  ASSERT_TRUE(stream->Read().has_value());
  server.Stop();
  EXPECT_FALSE(stream->Read().has_value());
  const auto error = stream->Finish();
  ASSERT_TRUE(error.has_value());
  EXPECT_TRUE(error->code == ErrorCode::kUnavailable ||
              error->code == ErrorCode::kCancelled)
      << *error;
}

TEST(ClientStreams, EndAtTheirTime) {
  const FakeServer server;
  const auto client = Client::Connect({.address = server.address()});
  const auto stream = *client->OpenForwardStream({.timeout = milliseconds(50)});
  EXPECT_FALSE(stream->Read().has_value());  // Nothing was asked.
  const auto error = stream->Finish();
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, ErrorCode::kDeadlineExceeded);
}

TEST(ClientStreams, EndWhenTheirCallerStopsThem) {
  const FakeServer server;
  const auto client = Client::Connect({.address = server.address()});
  std::stop_source stop;
  const auto stream = *client->OpenForwardStream({.stop = stop.get_token()});
  ASSERT_TRUE(stream->Write(Batch(0, "[]")));
  ASSERT_TRUE(stream->Read().has_value());
  stop.request_stop();
  EXPECT_FALSE(stream->Read().has_value());
  const auto error = stream->Finish();
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->reason, "STOPPED");
}

TEST(ClientStreams, MayBeLeftAlone) {
  const RunningServer server;
  const auto client = Client::Connect({.address = server.address()});
  {
    const auto stream = *client->OpenForwardStream();
    ASSERT_TRUE(stream->Write(Batch(0, testing::OpenEvents(1))));
  }
  EXPECT_TRUE(client->Forward(testing::OpenEvents(1)).ok());
}

TEST(ClientStreams, AreWhatAStandInDoesNotHave) {
  const Client client(std::make_shared<Connection>());
  EXPECT_EQ(client.OpenForwardStream().error().code, ErrorCode::kUnimplemented);
}

}  // namespace
}  // namespace segrid
