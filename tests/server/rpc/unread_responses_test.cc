// Clients that send requests and do not read the responses.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/server/testing/metrics_page.h"
#include "tests/server/testing/running_server.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;
using testing::OpenEvents;
using testing::RunningServer;

constexpr int kStreams = 20;
constexpr int kMessages = 20;
constexpr std::int64_t kRoom = 16 << 20;

// Streams that write and never read, each over the same connection.
class UnreadStreams {
 public:
  UnreadStreams(api::BridgeService::Stub& stub, const std::string& body) {
    for (int i = 0; i < kStreams; ++i) {
      Stream& stream = *streams_.emplace_back(std::make_unique<Stream>());
      stream.call = stub.TransformStream(&stream.context);
      stream.writer = std::thread([&stream, &body] {
        api::TransformStreamRequest message;
        message.mutable_request()->set_webhook_json(body);
        for (int n = 0; n < kMessages && stream.call->Write(message); ++n) {
        }
      });
    }
  }
  ~UnreadStreams() {
    for (const auto& stream : streams_) stream->context.TryCancel();
    for (const auto& stream : streams_) {
      stream->writer.join();
      stream->call->Finish();
    }
  }

 private:
  struct Stream {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<api::TransformStreamRequest,
                                             api::TransformStreamResponse>>
        call;
    std::thread writer;
  };
  std::vector<std::unique_ptr<Stream>> streams_;
};

double BytesInFlight(RunningServer& server) {
  return testing::ReadMetrics(server.application().listeners().admin()->port())
      .at("segrid_grpc_bytes_in_flight");
}

TEST(UnreadResponses, CountAndLeaveTheRoomToOthers) {
  config::Config config = RunningServer::DefaultConfig();
  config.grpc.max_bytes_in_flight = kRoom;
  RunningServer server(config);
  const auto bad = api::BridgeService::NewStub(server.Connect());
  const std::string body = OpenEvents(9'000);  // 0.9 MB, and so the answers.
  {
    UnreadStreams unread(*bad, body);
    // Until the first answers wait.
    while (BytesInFlight(server) < static_cast<double>(body.size())) {
    }
    int answered = 0;
    constexpr int kCalls = 200;
    for (int i = 0; i < kCalls; ++i) {
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
      api::TransformRequest request;
      request.set_webhook_json(OpenEvents(300));
      api::TransformResponse response;
      answered +=
          server.bridge().Transform(&context, request, &response).ok() ? 1 : 0;
      EXPECT_LT(BytesInFlight(server), 1.5 * kRoom);
    }
    EXPECT_GE(answered, kCalls * 99 / 100);
  }
  const absl::Time end = absl::Now() + absl::Seconds(10);
  while (BytesInFlight(server) > 0 && absl::Now() < end) {
  }
  EXPECT_EQ(BytesInFlight(server), 0);
}

TEST(UnreadResponses, OfAnOrdinaryClientAreWrittenAndCountNoMore) {
  RunningServer server;
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    api::TransformRequest request;
    request.set_webhook_json(OpenEvents(1'000));
    api::TransformResponse response;
    ASSERT_TRUE(server.bridge().Transform(&context, request, &response).ok());
    EXPECT_EQ(response.track_count(), 1'000);
  }
  const absl::Time end = absl::Now() + absl::Seconds(10);
  while (BytesInFlight(server) > 0 && absl::Now() < end) {
  }
  EXPECT_EQ(BytesInFlight(server), 0);
}

}  // namespace
}  // namespace segrid::rpc
