// The bound of all doors together: what one of them holds, the others lack.

#include <cstdint>
#include <string>
#include <thread>
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

// A stream stops being read when its unread responses take 1 MiB: that leaves
// no room for a megabyte of the webhook's.
constexpr std::int64_t kRoom = 1'600'000;
constexpr double kUnread = 1 << 20;
constexpr int kTooMany = 9'900;  // A body of a megabyte.

config::Config WithRoomFor(std::int64_t bytes) {
  config::Config config = RunningServer::DefaultConfig();
  config.max_bytes_in_flight = bytes;
  return config;
}

class SharedBudgetTest : public ::testing::Test {
 protected:
  // The status of a webhook's post, and when to come again.
  std::pair<int, std::string> Post(int events) {
    RawClient client(server_.application().listeners().http()->port());
    const auto answer =
        client.Ask(PostText("/v1/webhook", OpenEvents(events, 1'000)));
    if (!answer.has_value()) return {0, ""};
    const auto again = answer->headers.find("retry-after");
    return {answer->status,
            again == answer->headers.end() ? "" : again->second};
  }
  double InFlight(const std::string& name) {
    return ReadMetrics(server_.application().listeners().admin()->port())
        .at(name);
  }

  RunningServer server_{WithRoomFor(kRoom)};
};

TEST_F(SharedBudgetTest, IsTakenByCallsAndMissingAtTheWebhook) {
  // Responses that are not read are in flight.
  grpc::ClientContext context;
  const auto stream = server_.bridge().TransformStream(&context);
  std::thread writer([&stream] {
    api::TransformStreamRequest message;
    message.mutable_request()->set_webhook_json(OpenEvents(3'000));
    for (int n = 0; n < 20 && stream->Write(message); ++n) {
    }
  });
  const absl::Time end = absl::Now() + absl::Seconds(10);
  // A request and its response count together for a moment; what stays is
  // what nobody reads.
  double last = 0;
  for (int steady = 0; steady < 20 && absl::Now() < end;) {
    const double now = InFlight("segrid_grpc_bytes_in_flight");
    steady = now >= kUnread && now == last ? steady + 1 : 0;
    last = now;
  }
  EXPECT_GE(InFlight("segrid_grpc_bytes_in_flight"), kUnread);
  EXPECT_GE(InFlight("segrid_bytes_in_flight"), kUnread);
  EXPECT_EQ(InFlight("segrid_http_bytes_in_flight{listener=\"http\"}"), 0);
  EXPECT_EQ(Post(kTooMany), std::pair(429, std::string("1")));
  EXPECT_EQ(Post(1).first, 200);
  context.TryCancel();
  writer.join();
  stream->Finish();
  while (InFlight("segrid_bytes_in_flight") > 0 && absl::Now() < end) {
  }
  EXPECT_EQ(InFlight("segrid_bytes_in_flight"), 0);
  EXPECT_EQ(Post(kTooMany).first, 200);
}

}  // namespace
}  // namespace segrid::app
