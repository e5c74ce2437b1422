// The client against a real gRPC server in this process.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "client/client.h"
#include "client/internal/channel.h"
#include "core/base/error_info.h"
#include "segrid/rpc/v1/errors.pb.h"
#include "tests/client/fake_server.h"
#include "tests/client/scratch_dir.h"

namespace segrid {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using tests::FakeBridge;
using tests::FakeServer;

Client ConnectTo(const std::string& address) {
  ClientOptions options;
  options.address = address;
  auto client = Client::Connect(options);
  EXPECT_TRUE(client.ok());
  return *std::move(client);
}

TEST(GrpcConnection, CarriesRequestAndAnswerOfTransform) {
  FakeBridge bridge;
  bridge.transform = [](auto& context, const auto& request, auto& response) {
    EXPECT_EQ(request.webhook_json(), "[{}]");
    EXPECT_EQ(request.source(), "prod");
    EXPECT_EQ(request.output(), v1::OUTPUT_BATCH_JSON);
    const auto agent = context.client_metadata().find("user-agent");
    EXPECT_THAT(std::string(agent->second.data(), agent->second.size()),
                StartsWith("billing/2.1 segrid-client/"));
    response.set_event_count(1);
    response.set_rejected_count(1);
    v1::EventIssue* issue = response.add_issues();
    issue->set_outcome(v1::OUTCOME_REJECTED);
    issue->set_reason(v1::REASON_MISSING_EVENT);
    return grpc::Status::OK;
  };
  const FakeServer server(bridge);
  ClientOptions options;
  options.address = server.address();
  options.user_agent = "billing/2.1";
  const auto client = Client::Connect(options);
  ASSERT_TRUE(client.ok());
  const auto answer = client->Transform(
      "[{}]", {.source = "prod", .output = v1::OUTPUT_BATCH_JSON, .call = {}});
  ASSERT_TRUE(answer.ok()) << answer.error();
  EXPECT_EQ(answer->event_count(), 1);
  EXPECT_EQ(answer->issues(0).reason(), v1::REASON_MISSING_EVENT);
}

TEST(GrpcConnection, CarriesRequestAndAnswerOfForward) {
  FakeBridge bridge;
  bridge.forward = [](auto&, const auto& request, auto& response) {
    EXPECT_EQ(request.events(0).event(), "open");
    response.set_event_count(request.events_size());
    response.set_accepted_count(request.events_size());
    response.add_sources()->set_accepted_count(request.events_size());
    return grpc::Status::OK;
  };
  const FakeServer server(bridge);
  v1::ForwardRequest request;
  request.add_events()->set_event("open");
  const auto answer = ConnectTo(server.address()).Forward(request);
  ASSERT_TRUE(answer.ok()) << answer.error();
  EXPECT_EQ(answer->accepted_count(), 1);
}

TEST(GrpcConnection, TakesNoAnswerThatCannotBeOne) {
  FakeBridge bridge;
  bridge.forward = [](auto&, const auto&, auto&) { return grpc::Status::OK; };
  bridge.transform = [](auto&, const auto&, auto&) { return grpc::Status::OK; };
  const FakeServer server(bridge);
  const Client client = ConnectTo(server.address());
  const auto forwarded = client.Forward("[{}]");
  ASSERT_FALSE(forwarded.ok());
  EXPECT_EQ(forwarded.error().reason, "IMPOSSIBLE_ANSWER");
  const auto transformed = client.Transform("[{}]");
  ASSERT_FALSE(transformed.ok());
  EXPECT_EQ(transformed.error().reason, "IMPOSSIBLE_ANSWER");
}

TEST(GrpcConnection, TakesAnswersOverTheFourMebibytesOfGrpc) {
  FakeBridge bridge;
  bridge.transform = [](auto&, const auto&, auto& response) {
    response.set_batch_json(std::string(5 << 20, 'x'));
    return grpc::Status::OK;
  };
  const FakeServer server(bridge);
  const auto answer = ConnectTo(server.address()).Transform("[]");
  ASSERT_TRUE(answer.ok()) << answer.error();
  EXPECT_EQ(answer->batch_json().size(), std::size_t{5} << 20);

  ClientOptions options;
  options.address = server.address();
  options.max_response_bytes = 1 << 20;
  const auto refused = Client::Connect(options)->Transform("[]");
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
}

TEST(GrpcConnection, GivesTheDetailsOfAnError) {
  rpc::v1::Status details;
  rpc::v1::ErrorInfo info;
  info.set_reason("QUEUE_FULL");
  info.set_domain("segrid");
  (*info.mutable_metadata())["max_bytes"] = "42";
  rpc::v1::BadRequest bad;
  bad.add_field_violations()->set_field("events[3].email");
  bad.mutable_field_violations(0)->set_description("must be UTF-8");
  rpc::v1::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(2);
  retry.mutable_retry_delay()->set_nanos(500'000'000);
  const auto add = [&](std::string_view url, const auto& message) {
    auto* any = details.add_details();
    any->set_type_url(std::string(url));
    any->set_value(message.SerializeAsString());
  };
  add(base::kErrorInfoUrl, info);
  add(base::kBadRequestUrl, bad);
  add(base::kRetryInfoUrl, retry);
  add("type.googleapis.com/google.rpc.Help", info);  // Unknown: left out.

  FakeBridge bridge;
  bridge.forward = [&](auto&, const auto&, auto&) {
    return grpc::Status(grpc::RESOURCE_EXHAUSTED, "the queue\nis full",
                        details.SerializeAsString());
  };
  const FakeServer server(bridge);
  const auto answer = ConnectTo(server.address()).Forward("[]");
  ASSERT_FALSE(answer.ok());
  const Error& error = answer.error();
  EXPECT_EQ(error.code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(error.message, "the queue is full");
  EXPECT_EQ(error.reason, "QUEUE_FULL");
  EXPECT_EQ(error.retry_delay, milliseconds(2500));
  EXPECT_EQ(error.metadata.at("max_bytes"), "42");
  ASSERT_EQ(error.field_violations.size(), 1u);
  EXPECT_EQ(error.field_violations[0].description, "must be UTF-8");
  EXPECT_EQ(error.EventIndex(), 3);
}

TEST(GrpcConnection, GivesAnErrorWhoseDetailsCannotBeRead) {
  FakeBridge bridge;
  bridge.forward = [](auto&, const auto&, auto&) {
    return grpc::Status(grpc::INTERNAL, "broken", "\xff\xff\xff");
  };
  const FakeServer server(bridge);
  const auto answer = ConnectTo(server.address()).Forward("[]");
  EXPECT_EQ(answer.error().code, ErrorCode::kInternal);
  EXPECT_EQ(answer.error().reason, "");
}

TEST(GrpcConnection, EndsACallAtItsDeadline) {
  std::mutex mutex;
  std::condition_variable over;
  bool stop = false;
  FakeBridge bridge;
  bridge.transform = [&](auto&, const auto&, auto&) {
    std::unique_lock lock(mutex);
    over.wait(lock, [&] { return stop; });
    return grpc::Status::OK;
  };
  const FakeServer server(bridge);
  const Client client = ConnectTo(server.address());
  const auto begin = steady_clock::now();
  const auto answer = client.Transform(
      "[]",
      {.source = "", .output = v1::OUTPUT_TRACKS, .call = {milliseconds(50)}});
  const auto took = steady_clock::now() - begin;
  {
    const std::lock_guard lock(mutex);
    stop = true;
  }
  over.notify_all();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(answer.error().reason, "");
  EXPECT_THAT(answer.error().message, HasSubstr("no answer from 127.0.0.1:"));
  EXPECT_GE(took, milliseconds(50));
  EXPECT_LT(took, seconds(5));
}

TEST(GrpcConnection, SendsTheDeadlineOfTheTryToTheServer) {
  FakeBridge bridge;
  std::atomic<std::chrono::system_clock::duration> left{};
  bridge.transform = [&](auto& context, const auto&, auto&) {
    left = context.deadline() - std::chrono::system_clock::now();
    return grpc::Status::OK;
  };
  const FakeServer server(bridge);
  ASSERT_TRUE(ConnectTo(server.address()).Transform("[]").ok());
  EXPECT_GT(left.load(), seconds(1));
  EXPECT_LE(left.load(), seconds(3));
}

TEST(GrpcConnection, RefusesATimeoutOutOfRange) {
  const Client client = ConnectTo("127.0.0.1:1");
  for (const auto timeout :
       {std::chrono::nanoseconds(0),
        std::chrono::nanoseconds(std::chrono::hours(25))}) {
    const auto answer = client.Transform(v1::TransformRequest(), {timeout});
    EXPECT_EQ(answer.error().reason, "BAD_OPTION");
  }
}

TEST(GrpcConnection, SaysThatThereWasNoConnection) {
  const tests::ScratchDir dir;
  const Client client = ConnectTo("unix:" + dir.Path("nobody"));
  const auto answer =
      client.Transform(v1::TransformRequest(), {milliseconds(50)});
  EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(answer.error().reason, "NOT_CONNECTED");
}

TEST(GrpcConnection, FailsAtOnceWithoutWaitForReady) {
  const tests::ScratchDir dir;
  ClientOptions options;
  options.address = "unix:" + dir.Path("nobody");
  options.wait_for_ready = false;
  const auto answer = Client::Connect(options)->Transform("[]");
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(answer.error().reason, "NOT_CONNECTED");
  EXPECT_THAT(answer.error().message, StartsWith("cannot connect to unix:"));
}

// The first attempt to connect is seen to fail before the server is there.
TEST(GrpcConnection, WaitsForAServerThatComesLater) {
  const tests::ScratchDir dir;
  const std::string path = dir.Path("socket");
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  ASSERT_EQ(listen(listener, 1), 0);

  const Client client = ConnectTo("unix:" + path);
  Result<v1::ForwardResponse> answer = Error();
  std::thread call([&] { answer = client.Forward("[]"); });
  close(accept(listener, nullptr, nullptr));
  close(listener);
  unlink(path.c_str());
  FakeBridge bridge;
  bridge.forward = [](auto&, const auto&, auto&) { return grpc::Status::OK; };
  const FakeServer server(bridge, "unix:" + path);
  call.join();
  EXPECT_TRUE(answer.ok()) << answer.error();
}

TEST(Channel, NamesAListOfAddressesAsGrpcWants) {
  EXPECT_EQ(internal::TargetOf("127.0.0.1:1,127.0.0.2:2"),
            "ipv4:127.0.0.1:1,127.0.0.2:2");
  EXPECT_EQ(internal::TargetOf("bridge:50051"), "bridge:50051");
  EXPECT_EQ(internal::TargetOf("127.0.0.1:1"), "127.0.0.1:1");
  EXPECT_EQ(internal::TargetOf("unix:/run/a,b"), "unix:/run/a,b");
}

TEST(GrpcConnection, UsesAllAddressesInTurn) {
  const auto serve = [](std::atomic<int>& calls) {
    return [&calls](auto&, const auto&, auto&) {
      ++calls;
      return grpc::Status::OK;
    };
  };
  std::atomic<int> first_calls = 0;
  std::atomic<int> second_calls = 0;
  FakeBridge first;
  first.forward = serve(first_calls);
  FakeBridge second;
  second.forward = serve(second_calls);
  const FakeServer first_server(first);
  const FakeServer second_server(second);
  const Client client =
      ConnectTo(first_server.address() + "," + second_server.address());
  // The second connection may be ready later than the first: call until both
  // have served, at most as long as a call may take.
  const auto give_up = steady_clock::now() + seconds(10);
  while ((first_calls == 0 || second_calls == 0) &&
         steady_clock::now() < give_up) {
    ASSERT_TRUE(client.Forward("[]").ok());
  }
  EXPECT_GT(first_calls.load(), 0);
  EXPECT_GT(second_calls.load(), 0);
}

}  // namespace
}  // namespace segrid
