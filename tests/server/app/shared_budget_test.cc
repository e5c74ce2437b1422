// The bound of all doors together: what one of them holds, the others lack.

#include <string>
#include <utility>

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

  RunningServer server_{WithRoomFor(10'000)};
};

TEST_F(SharedBudgetTest, IsTakenByCallsAndMissingAtTheWebhook) {
  // Waits for a delivery that does not come: it is in flight.
  server_.gate(0).Close();
  server_.gate(1).Close();
  grpc::ClientContext context;
  const auto stream = server_.bridge().ForwardStream(&context);
  api::ForwardStreamRequest message;
  message.mutable_request()->set_webhook_json(OpenEvents(80));
  message.mutable_request()->set_wait(api::WAIT_DELIVERED);
  const auto bytes = static_cast<double>(message.ByteSizeLong());
  ASSERT_GT(bytes, 6'000);
  ASSERT_TRUE(stream->Write(message));
  ASSERT_TRUE(server_.gate(0).WaitForWaiting());
  EXPECT_EQ(InFlight("segrid_grpc_bytes_in_flight"), bytes);
  EXPECT_EQ(InFlight("segrid_bytes_in_flight"), bytes);
  EXPECT_EQ(InFlight("segrid_http_bytes_in_flight{door=\"http\"}"), 0);
  EXPECT_EQ(Post(80), std::pair(429, std::string("1")));
  EXPECT_EQ(Post(1).first, 200);
  server_.gate(0).Open();
  server_.gate(1).Open();
  api::ForwardStreamResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(Post(80).first, 200);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(InFlight("segrid_bytes_in_flight"), 0);
}

}  // namespace
}  // namespace segrid::app
