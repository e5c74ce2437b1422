// A running service with another configuration.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "core/base/error_info.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"
#include "tests/client/certificates.h"
#include "tests/server/http/raw_client.h"
#include "tests/server/testing/running_server.h"

namespace segrid::app {
namespace {

namespace api = ::segrid::v1;
using testing::ReasonOf;
using testing::RunningServer;
using tests::Certificate;

// The hash of "hello".
const char kHello[] =
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

std::string Transform(api::BridgeService::Stub& stub,
                      const std::string& token = "") {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  api::TransformRequest request;
  request.set_webhook_json("[]");
  api::TransformResponse response;
  return ReasonOf(stub.Transform(&context, request, &response));
}

TEST(Reload, TakesTokensWhileItServes) {
  RunningServer server;
  EXPECT_EQ(Transform(server.bridge()), "");
  config::Config config = RunningServer::DefaultConfig();
  config.grpc.tokens = {{kHello, {"transform"}}};
  const auto result = server.application().Reload(config);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->changed(), "grpc.tokens");
  EXPECT_EQ(Transform(server.bridge()), "TOKEN_MISSING");
  EXPECT_EQ(Transform(server.bridge(), "hello"), "");
  config.grpc.tokens.clear();
  ASSERT_TRUE(server.application().Reload(config).ok());
  EXPECT_EQ(Transform(server.bridge()), "");
}

TEST(Reload, SaysWhatNeedsARestart) {
  RunningServer server;
  config::Config config = RunningServer::DefaultConfig();
  config.queue.max_bytes = 1 << 20;
  config.drain.grace = absl::Seconds(1);
  const auto result = server.application().Reload(config);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->changed(), "drain.grace");
  EXPECT_EQ(result->needs_restart(), "data_dir, queue.max_bytes");
  EXPECT_EQ(server.application().drain().grace, absl::Seconds(1));
}

class SourcesTest : public ::testing::Test {
 protected:
  // Forwards `count` events, with ids from `first` on; the reason, or "".
  std::string Forward(int count, int first,
                      const std::vector<std::string>& sources = {}) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
    api::ForwardRequest request;
    request.set_webhook_json(testing::OpenEvents(count, first));
    *request.mutable_sources() = {sources.begin(), sources.end()};
    return ReasonOf(server_.bridge().Forward(&context, request, &response_));
  }
  std::string Changed() {
    const auto result = server_.application().Reload(config_);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? result->changed() : "";
  }

  config::Config config_ = RunningServer::DefaultConfig();
  RunningServer server_;
  api::ForwardResponse response_;
};

TEST_F(SourcesTest, RotateTheirKeysWhileBatchesAreInFlight) {
  server_.gate(0).Close();
  ASSERT_EQ(Forward(1, 0), "");
  ASSERT_TRUE(server_.gate(0).WaitForWaiting());
  config_.sources[0].write_key = base::Secret("rotated");
  EXPECT_EQ(Changed(), "sources[first].write_key");
  // Accepted at once, delivered by the new receiver when the old one is
  // through.
  ASSERT_EQ(Forward(1, 1), "");
  server_.gate(0).Open();
  EXPECT_TRUE(server_.gate(0).WaitForDelivered(1));
  EXPECT_TRUE(server_.gate(2).WaitForDelivered(1));
  EXPECT_TRUE(server_.gate(1).WaitForDelivered(2));
}

TEST_F(SourcesTest, ComeAndGo) {
  EXPECT_EQ(Forward(1, 0, {"third"}), "UNKNOWN_SOURCE");
  config_.sources.emplace_back().name = "third";
  config_.webhooks[0].sources = {"third"};
  EXPECT_EQ(Changed(), "webhooks[default].sources, sources[third]");
  ASSERT_EQ(Forward(1, 1, {"third"}), "");
  EXPECT_TRUE(server_.gate(2).WaitForDelivered(1));
  config_.sources.erase(config_.sources.begin());
  EXPECT_EQ(Changed(), "sources[first]");
  EXPECT_EQ(Forward(1, 2, {"first"}), "UNKNOWN_SOURCE");
  ASSERT_EQ(Forward(1, 3), "");
  EXPECT_EQ(response_.sources_size(), 2);
  api::ListSourcesResponse sources;
  grpc::ClientContext context;
  ASSERT_TRUE(server_.admin().ListSources(&context, {}, &sources).ok());
  ASSERT_EQ(sources.sources_size(), 2);
  EXPECT_EQ(sources.sources(1).name(), "third");
}

class AddressesTest : public ::testing::Test {
 protected:
  static config::Config MakeConfig() {
    config::Config config = RunningServer::DefaultConfig();
    // Two of each, which differ as texts.
    config.grpc.listen = {"127.0.0.1:0", "localhost:0"};
    config.http.listen = {"127.0.0.1:0", "localhost:0"};
    config.admin.listen = {"127.0.0.1:0", "localhost:0"};
    config.drain.grace = absl::Milliseconds(500);
    return config;
  }
  static int PortOf(const std::string& address) {
    return std::stoi(address.substr(address.rfind(':') + 1));
  }
  static bool IsOpen(int port) {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_open =
        ::connect(client, reinterpret_cast<const sockaddr*>(&address),
                  sizeof(address)) == 0;
    ::close(client);
    return is_open;
  }
  void Reload() {
    const auto result = server_.application().Reload(config_);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->needs_restart(), "");
  }

  // Sends a message over the stream, and reads the answer.
  static bool IsAnswered(
      grpc::ClientReaderWriterInterface<api::TransformStreamRequest,
                                        api::TransformStreamResponse>& stream) {
    api::TransformStreamRequest request;
    request.mutable_request()->set_webhook_json(testing::OpenEvents(1));
    api::TransformStreamResponse response;
    return stream.Write(request) && stream.Read(&response);
  }

  RunningServer server_{MakeConfig()};
  config::Config config_ = server_.application().config();
};

TEST_F(AddressesTest, OfHttpListenersAreClosedByAReload) {
  for (httpd::Listener* listener :
       {server_.application().listeners().http(),
        server_.application().listeners().admin()}) {
    const bool is_http = listener == server_.application().listeners().http();
    const std::vector<std::string> before = listener->addresses();
    ASSERT_EQ(before.size(), 2u);
    testing::RawClient leaving(PortOf(before[0])), staying(PortOf(before[1]));
    const std::string get = testing::GetText("/livez");
    ASSERT_EQ(leaving.Ask(get)->status, 200);
    ASSERT_EQ(staying.Ask(get)->status, 200);
    auto& listen = is_http ? config_.http.listen : config_.admin.listen;
    listen.erase(listen.begin());
    Reload();
    EXPECT_EQ(listener->addresses(), std::vector<std::string>({before[1]}));
    EXPECT_FALSE(IsOpen(PortOf(before[0])));
    EXPECT_TRUE(leaving.IsClosed());
    EXPECT_EQ(staying.Ask(get)->status, 200);
    listen.clear();
    Reload();
    EXPECT_FALSE(IsOpen(PortOf(before[1])));
    EXPECT_TRUE(staying.IsClosed());
  }
}

TEST_F(AddressesTest, OfGrpcAreClosedByAReloadAndItsCallsEndFirst) {
  const std::vector<std::string> before = server_.application().addresses();
  ASSERT_EQ(before.size(), 2u);
  const auto connect = [](const std::string& address) {
    return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  };
  const auto status_of = [](const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
    api::TransformRequest request;
    request.set_webhook_json(testing::OpenEvents(1));
    api::TransformResponse response;
    return api::BridgeService::NewStub(channel)
        ->Transform(&context, request, &response)
        .error_code();
  };
  const auto leaving = connect(before[0]), staying = connect(before[1]);
  ASSERT_EQ(status_of(staying), grpc::StatusCode::OK);
  // A stream that is open during the reload, and goes on.
  grpc::ClientContext context;
  const auto stream =
      api::BridgeService::NewStub(leaving)->TransformStream(&context);
  ASSERT_TRUE(IsAnswered(*stream));
  config_.grpc.listen.erase(config_.grpc.listen.begin());
  config_.drain.grace = absl::Seconds(30);
  Reload();
  EXPECT_FALSE(IsOpen(PortOf(before[0])));
  EXPECT_TRUE(IsAnswered(*stream));
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  // Now nothing holds the connection.
  auto state = leaving->GetState(false);
  while (state == GRPC_CHANNEL_READY &&
         leaving->WaitForStateChange(
             state, absl::ToChronoTime(absl::Now() + absl::Seconds(10)))) {
    state = leaving->GetState(false);
  }
  EXPECT_NE(state, GRPC_CHANNEL_READY);
  EXPECT_EQ(status_of(staying), grpc::StatusCode::OK);
}

TEST_F(AddressesTest, OfGrpcEndStreamsThatOutlastTheGrace) {
  const std::vector<std::string> before = server_.application().addresses();
  const auto leaving =
      grpc::CreateChannel(before[0], grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
  const auto stream =
      api::BridgeService::NewStub(leaving)->TransformStream(&context);
  ASSERT_TRUE(IsAnswered(*stream));
  config_.grpc.listen.erase(config_.grpc.listen.begin());
  Reload();
  api::TransformStreamResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(Webhooks, ComeAndGoWithAReload) {
  config::Config config = RunningServer::DefaultConfig();
  config.http.listen = {"127.0.0.1:0"};
  RunningServer server(config);
  config = server.application().config();
  const int port = server.application().listeners().http()->port();
  const auto status = [port](const std::string& path) {
    return testing::RawClient(port)
        .Ask(testing::PostText(path, testing::OpenEvents(1)))
        ->status;
  };
  ASSERT_EQ(status("/v1/webhook/default"), 200);
  ASSERT_EQ(status("/v1/webhook/other"), 404);
  config.webhooks.emplace_back().name = "other";
  auto result = server.application().Reload(config);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->needs_restart(), "");
  EXPECT_EQ(status("/v1/webhook/other"), 200);
  EXPECT_EQ(status("/v1/webhook/default"), 200);
  EXPECT_EQ(status("/v1/webhook"), 200);
  config.webhooks.pop_back();
  ASSERT_TRUE(server.application().Reload(config).ok());
  EXPECT_EQ(status("/v1/webhook/other"), 404);
  EXPECT_EQ(status("/v1/webhook/default"), 200);
}

TEST_F(SourcesTest, TransformOtherwiseWithoutANewReceiver) {
  config_.sources[0].events = {"click"};
  config_.sources[0].label = "For people";
  EXPECT_EQ(Changed(), "sources[first].label, sources[first].events");
  ASSERT_EQ(Forward(1, 0), "");
  EXPECT_EQ(response_.sources(0).skipped_count(), 1);
  api::ListSourcesResponse sources;
  grpc::ClientContext context;
  ASSERT_TRUE(server_.admin().ListSources(&context, {}, &sources).ok());
  EXPECT_EQ(sources.sources(0).label(), "For people");
  EXPECT_THROW(server_.gate(2), std::out_of_range);
}

TEST_F(SourcesTest, KeepAllOfTheOldWhenOneCannotBeMade) {
  server_.FailSources("BAD_PATH");
  config_.sources.emplace_back().name = "third";
  config_.drain.grace = absl::Seconds(1);
  EXPECT_EQ(base::ReasonOf(server_.application().Reload(config_).status()),
            "BAD_PATH");
  EXPECT_EQ(server_.application().drain().grace, absl::Seconds(5));
  EXPECT_EQ(Forward(1, 0, {"third"}), "UNKNOWN_SOURCE");
}

class RotationTest : public ::testing::Test {
 protected:
  RotationTest() {
    config_.grpc.tls.cert = dir_.Path("cert");
    config_.grpc.tls.key = dir_.Path("key");
    config_.grpc.tls.client_ca = dir_.Write("ca", authority_.cert);
  }

  // Gives the server another pair, of `authority`.
  void Rotate(const Certificate& authority) const {
    const Certificate own = tests::MakeCertificate(authority, "localhost");
    dir_.Write("cert", own.cert);
    dir_.Write("key", own.key);
  }

  // A call over a new connection of a client that trusts `authority`.
  bool Serves(const RunningServer& server, const Certificate& authority) const {
    const Certificate own = tests::MakeCertificate(authority_, "client");
    const auto bridge = api::BridgeService::NewStub(server.Connect(
        grpc::SslCredentials({authority.cert, own.key, own.cert})));
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
    api::TransformRequest request;
    request.set_webhook_json("[]");
    api::TransformResponse response;
    return bridge->Transform(&context, request, &response).ok();
  }

  const tests::ScratchDir dir_;
  const Certificate authority_ = tests::MakeAuthority();
  config::Config config_ = RunningServer::DefaultConfig();
};

TEST_F(RotationTest, KeepsTheOldPairWhenTheNewOneIsBad) {
  Rotate(authority_);
  RunningServer server(config_);
  EXPECT_TRUE(Serves(server, authority_));
  dir_.Write("key", tests::MakeAuthority().key);
  const absl::Status bad = server.application().Reload(config_).status();
  EXPECT_EQ(base::ReasonOf(bad), "BAD_CERTIFICATE");
  EXPECT_TRUE(Serves(server, authority_));
}

TEST_F(RotationTest, ShowsANewPairToNewConnections) {
  Rotate(authority_);
  RunningServer server(config_);
  const Certificate other = tests::MakeAuthority();
  EXPECT_FALSE(Serves(server, other));
  Rotate(other);
  const auto good = server.application().Reload(config_);
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_EQ(good->changed(), "certificates");
  // gRPC looks each second.
  const absl::Time end = absl::Now() + absl::Seconds(10);
  bool serves = false;
  while (!serves && absl::Now() < end) serves = Serves(server, other);
  EXPECT_TRUE(serves);
  EXPECT_FALSE(Serves(server, authority_));
}

TEST_F(RotationTest, TurnsTlsOnOnlyByARestart) {
  RunningServer server;
  Rotate(authority_);
  config_.webhooks[0].replay_window = absl::Seconds(1);
  config_.drain.grace = absl::Seconds(1);
  EXPECT_EQ(base::ReasonOf(server.application().Reload(config_).status()),
            "RESTART_NEEDED");
  EXPECT_EQ(Transform(server.bridge()), "");
  // Nothing of the rest was taken.
  config_.grpc.tls = {};
  const auto later = server.application().Reload(config_);
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_EQ(later->changed(), "webhooks[default].replay_window, drain.grace");
}

TEST_F(RotationTest, TellsOfTheWebhooksCertificateToo) {
  Rotate(authority_);
  config_.http.listen = {"127.0.0.1:0"};
  config_.http.tls = config_.grpc.tls;
  config_.grpc.tls = {};
  RunningServer server(config_);
  EXPECT_EQ(server.application().Reload(config_)->changed(), "");
  Rotate(authority_);
  EXPECT_EQ(server.application().Reload(config_)->changed(), "certificates");
  dir_.Write("key", tests::MakeAuthority().key);
  EXPECT_EQ(base::ReasonOf(server.application().Reload(config_).status()),
            "BAD_CERTIFICATE");
  Rotate(authority_);
  config_.http.tls = {};
  EXPECT_EQ(server.application().Reload(config_)->needs_restart(),
            "data_dir, http.tls.cert, http.tls.key, http.tls.client_ca");
}

}  // namespace
}  // namespace segrid::app
