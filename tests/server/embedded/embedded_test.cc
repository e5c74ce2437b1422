#include "server/embedded/embedded.h"

#if defined(ABSL_BASE_CONFIG_H_)
#error "the header of the embedded mode includes Abseil"
#endif

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "client/batching_forwarder.h"
#include "client/client.h"
#include "segrid/v1/admin.grpc.pb.h"

namespace segrid {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kBody[] =
    R"([{"event":"open","email":"ada@example.com","timestamp":1591726752,)"
    R"("sg_event_id":"abc"},{"event":"deferred"},{"event":"click"}])";

class EmbeddedTest : public ::testing::Test {
 protected:
  EmbeddedTest() {
    std::string pattern = ::testing::TempDir() + "embedded.XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
  }
  ~EmbeddedTest() override { std::filesystem::remove_all(dir_); }

  EmbeddedOptions Options() const {
    EmbeddedOptions options;
    options.config_text =
        "data_dir: " + dir_ +
        "\nsources: [{name: prod, receiver: file, path: prod.ndjson}]\n";
    return options;
  }
  std::unique_ptr<Embedded> Start() const {
    auto made = Embedded::Start(Options());
    EXPECT_TRUE(made.ok()) << (made.ok() ? Error() : made.error());
    return *std::move(made);
  }
  static std::unique_ptr<Embedded> StartWithoutDoor(EmbeddedOptions options) {
    options.grpc_door = false;
    return *Embedded::Start(options);
  }
  std::vector<std::string> Delivered() const {
    std::ifstream file(dir_ + "/prod.ndjson");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  std::string dir_;
};

v1::ForwardRequest ForwardOf(std::string body, v1::Wait wait) {
  v1::ForwardRequest request;
  request.set_webhook_json(std::move(body));
  request.set_wait(wait);
  return request;
}

TEST_F(EmbeddedTest, TransformsByAFunctionCall) {
  const auto embedded = Start();
  EmbeddedBatch batch;
  for (int i = 0; i < 2; ++i) {
    ASSERT_FALSE(embedded->Transform(kBody, "", batch).has_value());
    EXPECT_THAT(std::string(batch.batch_json()),
                HasSubstr(R"("messageId":"abc")"));
    EXPECT_EQ(batch.event_count(), 3);
    EXPECT_EQ(batch.track_count(), 1);
    EXPECT_EQ(batch.skipped_count(), 1);
    EXPECT_EQ(batch.rejected_count(), 1);
    const auto issues = batch.issues();
    ASSERT_THAT(issues, SizeIs(2));
    EXPECT_EQ(issues[0].reason, "EVENT_NOT_SELECTED");
    EXPECT_FALSE(issues[0].rejected);
    EXPECT_EQ(issues[1].index, 2);
    EXPECT_EQ(issues[1].reason, "MISSING_EMAIL");
    EXPECT_TRUE(issues[1].rejected);
  }
  EXPECT_EQ(embedded->Transform("{}", "", batch)->reason, "NOT_AN_ARRAY");
  EXPECT_EQ(embedded->Transform("[]", "who", batch)->reason, "UNKNOWN_SOURCE");
  EXPECT_THAT(embedded->sources(), ElementsAre("prod"));
}

TEST_F(EmbeddedTest, ServesAClientWithoutAWire) {
  const auto embedded = Start();
  const Client client(embedded->connection());
  const auto tracks = client.Transform(kBody, {.source = "prod"});
  ASSERT_TRUE(tracks.ok()) << tracks.error();
  ASSERT_THAT(tracks->tracks(), SizeIs(1));
  EXPECT_EQ(tracks->tracks(0).event(), "Email Opened");
  EXPECT_EQ(tracks->issues(0).reason(), v1::REASON_EVENT_NOT_SELECTED);
  const auto json = client.Transform(kBody, {.output = v1::OUTPUT_BATCH_JSON});
  EXPECT_THAT(json->batch_json(), HasSubstr("Email Opened"));
  EXPECT_EQ(client.Transform(v1::TransformRequest()).error().reason,
            "NO_INPUT");
}

TEST_F(EmbeddedTest, DeliversAndForgetsNothing) {
  {
    const auto embedded = Start();
    const Client client(embedded->connection());
    const auto answer = client.Forward(ForwardOf(kBody, v1::WAIT_DELIVERED));
    ASSERT_TRUE(answer.ok()) << answer.error();
    EXPECT_EQ(answer->accepted_count(), 1);
    EXPECT_EQ(answer->delivered_count(), 1);
    EXPECT_EQ(answer->skipped_count(), 1);
    EXPECT_EQ(answer->rejected_count(), 1);
    EXPECT_EQ(answer->sources(0).source(), "prod");
    EXPECT_THAT(Delivered(), SizeIs(1));
  }
  // Another life on the same directory: it was accepted before.
  const auto embedded = Start();
  const Client client(embedded->connection());
  const auto again = client.Forward(ForwardOf(kBody, v1::WAIT_ACCEPTED));
  EXPECT_EQ(again->accepted_count(), 0);
  EXPECT_EQ(again->duplicate_count(), 1);
  EXPECT_TRUE(embedded->Drain(seconds(20)));
  EXPECT_THAT(Delivered(), SizeIs(1));
}

TEST_F(EmbeddedTest, ForwardsTheEventsOfManyThreads) {
  const auto embedded = Start();
  constexpr int kThreads = 4;
  constexpr int kEach = 100;
  {
    BatchingForwarder forwarder{Client(embedded->connection())};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&forwarder, t] {
        for (int i = 0; i < kEach; ++i) {
          v1::SendGridEvent event;
          event.set_event("open");
          event.set_email("ada@example.com");
          event.set_timestamp(1591726752);
          event.set_sg_event_id(std::to_string(t * kEach + i));
          EXPECT_FALSE(forwarder.Add(event).has_value());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(forwarder.Shutdown(seconds(20)));
    EXPECT_EQ(forwarder.stats().accepted_count, kThreads * kEach);
  }
  EXPECT_TRUE(embedded->Drain(seconds(20)));
  const auto delivered = Delivered();
  EXPECT_EQ(std::set<std::string>(delivered.begin(), delivered.end()).size(),
            static_cast<std::size_t>(kThreads * kEach));
}

TEST_F(EmbeddedTest, RefusesEventsWhenDrained) {
  auto embedded = Start();
  const Client client(embedded->connection());
  EXPECT_TRUE(embedded->Drain(seconds(20)));
  EXPECT_TRUE(embedded->Drain(seconds(20)));
  EXPECT_EQ(client.Forward("[]").error().reason, "DRAINING");
  embedded.reset();
  EXPECT_EQ(client.Transform("[]").error().reason, "DRAINING");
}

TEST_F(EmbeddedTest, RefusesADirectoryThatIsInUse) {
  const auto embedded = Start();
  const auto second = Embedded::Start(Options());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason, "QUEUE_LOCKED");
  EXPECT_THAT(second.error().message, HasSubstr("in use"));
}

TEST_F(EmbeddedTest, OpensTheGrpcDoorForNeighbours) {
  EmbeddedOptions options = Options();
  options.config_text += "grpc: {listen: [\"127.0.0.1:0\"]}\n";
  options.grpc_door = true;
  int drain_requests = 0;
  options.on_drain_request = [&] { ++drain_requests; };
  auto embedded = *Embedded::Start(options);
  ASSERT_THAT(embedded->grpc_addresses(), SizeIs(1));
  const std::string address = embedded->grpc_addresses()[0];
  const auto neighbour = Client::Connect({.address = address});
  const auto answer = neighbour->Forward(ForwardOf(kBody, v1::WAIT_DELIVERED));
  ASSERT_TRUE(answer.ok()) << answer.error();
  EXPECT_EQ(answer->delivered_count(), 1);
  // One queue for both: the host's event is a duplicate of the neighbour's.
  const Client host(embedded->connection());
  EXPECT_EQ(host.Forward(kBody)->duplicate_count(), 1);

  const auto channel =
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  const auto admin = v1::AdminService::NewStub(channel);
  grpc::ClientContext status_context;
  v1::GetStatusResponse status;
  ASSERT_TRUE(admin->GetStatus(&status_context, {}, &status).ok());
  EXPECT_EQ(status.status().sources(0).accepted_count(), 1);
  grpc::ClientContext drain_context;
  v1::DrainResponse drained;
  ASSERT_TRUE(admin->Drain(&drain_context, {}, &drained).ok());
  EXPECT_EQ(drain_requests, 1);
  EXPECT_TRUE(host.Transform("[]").ok());  // The host decides.

  EXPECT_TRUE(embedded->Drain(seconds(20)));
  const auto closed = Client::Connect(
      {.address = address, .timeout = seconds(1), .wait_for_ready = false});
  EXPECT_EQ(closed->Forward("[]").error().code, ErrorCode::kUnavailable);
}

TEST_F(EmbeddedTest, SaysWhyItsDoorCannotOpen) {
  EmbeddedOptions options = Options();
  options.config_text += "grpc: {listen: [\"127.0.0.1:0\"]}\n";
  options.grpc_door = true;
  const auto first = *Embedded::Start(options);
  options.data_dir = dir_ + "/other";
  options.config_text = Options().config_text + "grpc: {listen: [\"" +
                        first->grpc_addresses()[0] + "\"]}\n";
  EXPECT_EQ(Embedded::Start(options).error().reason, "CANNOT_LISTEN");
  EXPECT_THAT(StartWithoutDoor(options)->grpc_addresses(), IsEmpty());
}

TEST_F(EmbeddedTest, TellsWhatIsWrongWithItsOptions) {
  EmbeddedOptions unknown_key = Options();
  unknown_key.config_text += "data_dri: x\n";
  EXPECT_EQ(Embedded::Start(unknown_key).error().reason, "INVALID_CONFIG");
  EmbeddedOptions both = Options();
  both.config_file = "segrid.yaml";
  EXPECT_EQ(Embedded::Start(both).error().reason, "BAD_OPTION");
  EmbeddedOptions no_threads = Options();
  no_threads.delivery_threads = 0;
  EXPECT_EQ(Embedded::Start(no_threads).error().reason, "BAD_OPTION");
  EmbeddedOptions no_directory = Options();
  no_directory.data_dir = "/dev/null/segrid";
  EXPECT_EQ(Embedded::Start(no_directory).error().reason, "BAD_DATA_DIR");
}

}  // namespace
}  // namespace segrid
