// The bound of all doors together: what one of them holds, the others lack.

#include <cstdint>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/server/http/raw_client.h"
#include "tests/server/testing/metrics_page.h"
#include "tests/server/testing/running_server.h"

namespace segrid::app {
namespace {

namespace api = ::segrid::v1;
using testing::OpenEvents;
using testing::PostText;
using testing::RawClient;
using testing::ReadMetrics;
using testing::RunningServer;

// An unread response of 3,000 events takes 0.6 to 0.9 of it.
constexpr std::int64_t kRoom = 1'000'000;

config::Config WithRoomFor(std::int64_t bytes) {
  config::Config config = RunningServer::DefaultConfig();
  config.max_bytes_in_flight = bytes;
  return config;
}

class SharedBudgetTest : public ::testing::Test {
 protected:
  // The status of a webhook's post, and when to come again.
  std::pair<int, std::string> Post(int events) {
    RawClient client(server_.application().doors().http()->port());
    const auto answer =
        client.Ask(PostText("/v1/webhook", OpenEvents(events, 1'000)));
    if (!answer.has_value()) return {0, ""};
    const auto again = answer->headers.find("retry-after");
    return {answer->status,
            again == answer->headers.end() ? "" : again->second};
  }
  double InFlight(const std::string& name) {
    return ReadMetrics(server_.application().doors().admin()->port()).at(name);
  }

  RunningServer server_{WithRoomFor(kRoom)};
};

TEST_F(SharedBudgetTest, IsTakenByCallsAndMissingAtTheWebhook) {
  // A response that is not read is in flight.
  grpc::ClientContext context;
  const auto stream = server_.bridge().TransformStream(&context);
  api::TransformStreamRequest message;
  message.mutable_request()->set_webhook_json(OpenEvents(3'000));
  ASSERT_TRUE(stream->Write(message));
  const absl::Time end = absl::Now() + absl::Seconds(10);
  while (InFlight("segrid_grpc_bytes_in_flight") < kRoom * 0.6 &&
         absl::Now() < end) {
  }
  const double bytes = InFlight("segrid_grpc_bytes_in_flight");
  EXPECT_GT(bytes, kRoom * 0.6);
  EXPECT_EQ(InFlight("segrid_bytes_in_flight"), bytes);
  EXPECT_EQ(InFlight("segrid_http_bytes_in_flight{door=\"http\"}"), 0);
  EXPECT_EQ(Post(5'000), std::pair(429, std::string("1")));
  EXPECT_EQ(Post(1).first, 200);
  api::TransformStreamResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(Post(5'000).first, 200);
  EXPECT_EQ(InFlight("segrid_bytes_in_flight"), 0);
}

}  // namespace
}  // namespace segrid::app
