// accepted = delivered + pending + dead + purged + purged, wherever one looks.

#include <map>
#include <string>

#include "gtest/gtest.h"
#include "tests/server/testing/metrics_page.h"
#include "tests/server/testing/running_server.h"

namespace segrid::app {
namespace {

namespace api = ::segrid::v1;
using testing::OpenEvents;
using testing::ReadMetrics;
using testing::RunningServer;

class LedgerTest : public ::testing::Test {
 protected:
  // Forwards to `first`; waits for the receiver's answer where there is one.
  void Forward(int events, int first_id, api::Wait wait) {
    api::ForwardRequest request;
    request.set_webhook_json(OpenEvents(events, first_id));
    request.add_sources(std::string("first"));
    request.set_wait(wait);
    grpc::ClientContext context;
    api::ForwardResponse response;
    ASSERT_TRUE(server_.bridge().Forward(&context, request, &response).ok());
    ASSERT_EQ(response.accepted_count(), events);
  }
  // Deletes the dead letters that there are: they count as purged then.
  void Purge() {
    grpc::ClientContext context;
    api::PurgeDeadLettersRequest request;
    request.mutable_filter()->set_source("first");
    api::PurgeDeadLettersResponse response;
    ASSERT_TRUE(
        server_.admin().PurgeDeadLetters(&context, request, &response).ok());
  }
  // Both ways to ask for the books say the same, and it adds up.
  void ExpectBooks(int delivered, int pending, int dead, int purged) {
    grpc::ClientContext context;
    api::GetStatusResponse response;
    ASSERT_TRUE(server_.admin().GetStatus(&context, {}, &response).ok());
    const api::SourceStatus& first = response.status().sources(0);
    EXPECT_EQ(first.delivered_count(), delivered);
    EXPECT_EQ(first.pending_count(), pending);
    EXPECT_EQ(first.dead_letter_count(), dead);
    EXPECT_EQ(first.purged_count(), purged);
    EXPECT_EQ(first.accepted_count(), delivered + pending + dead + purged);
    std::map<std::string, double> metrics =
        ReadMetrics(server_.application().listeners().admin()->port());
    const auto of_first = [&metrics](const std::string& name) {
      return metrics.at("segrid_queue_" + name + "{source=\"first\"}");
    };
    EXPECT_EQ(of_first("delivered_total"), delivered);
    EXPECT_EQ(of_first("pending"), pending);
    EXPECT_EQ(of_first("dead"), dead);
    EXPECT_EQ(of_first("purged_total"), purged);
    EXPECT_EQ(of_first("accepted_total"), delivered + pending + dead + purged);
  }

  RunningServer server_;
};

TEST_F(LedgerTest, AddsUpAfterEachStep) {
  ExpectBooks(0, 0, 0, 0);
  Forward(3, 0, api::WAIT_DELIVERED);
  ExpectBooks(3, 0, 0, 0);
  // The last of each is taken, as the proof against the others.
  server_.gate(0).Refuse("event-90");
  Forward(5, 9'096, api::WAIT_DELIVERED);
  ExpectBooks(4, 0, 4, 0);
  Purge();
  ExpectBooks(4, 0, 0, 4);
  server_.gate(0).Refuse("event-80");
  Forward(3, 8'098, api::WAIT_DELIVERED);
  ExpectBooks(5, 0, 2, 4);
  server_.gate(0).Close();
  Forward(5, 300, api::WAIT_ACCEPTED);
  ExpectBooks(5, 5, 2, 4);
}

TEST_F(LedgerTest, StandsBesideTheFiguresOfTheGrpcDoor) {
  Forward(1, 0, api::WAIT_DELIVERED);
  std::map<std::string, double> metrics =
      ReadMetrics(server_.application().listeners().admin()->port());
  EXPECT_GE(metrics.at("segrid_grpc_connections_accepted_total"), 1);
  EXPECT_EQ(metrics.at("segrid_grpc_connections_refused_total"), 0);
  EXPECT_EQ(metrics.at("segrid_grpc_accept_failures_total"), 0);
  EXPECT_EQ(metrics.count("segrid_grpc_connections"), 1u);
  EXPECT_EQ(metrics.at("segrid_max_bytes_in_flight"), 384 << 20);
}

}  // namespace
}  // namespace segrid::app
