#include "tests/server/testing/running_server.h"

#include <utility>

#include "core/base/error_info.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"
#include "segrid/rpc/v1/errors.pb.h"

namespace segrid::testing {

config::Config RunningServer::DefaultConfig() {
  config::Config config;
  config.grpc.listen = {"127.0.0.1:0"};
  config.http.listen = {"127.0.0.1:0"};
  config.admin.listen = {"127.0.0.1:0"};
  config.sources.resize(2);
  config.sources[0].name = "first";
  config.sources[1].name = "second";
  config.drain.grace = absl::Seconds(5);
  return config;
}

RunningServer::RunningServer(config::Config config,
                             app::ReadinessOptions readiness)
    : log_({.level = logging::Level::kError}, clock_) {
  config.data_dir = dir_.Path("data");
  app::ApplicationOptions options;
  options.config = std::move(config);
  options.readiness = readiness;
  options.make_sources = [this](const config::Config& from,
                                pool::ThreadPool& pool)
      -> absl::StatusOr<std::vector<deliver::Source>> {
    if (!fail_sources_.empty()) {
      return base::MakeError(absl::StatusCode::kFailedPrecondition,
                             fail_sources_, "a test wants it");
    }
    std::vector<deliver::Source> sources;
    for (const config::Source& source : from.sources) {
      gates_.push_back(std::make_unique<Gate>());
      deliver::Source& out = sources.emplace_back();
      out.name = source.name;
      out.lane = config::LaneOf(source);
      out.receiver = std::make_unique<GatedReceiver>(*gates_.back(), pool);
    }
    return sources;
  };
  auto application = app::Application::Start(std::move(options), log_, clock_);
  EXPECT_TRUE(application.ok()) << application.status();
  application_ = *std::move(application);
  const auto channel = Connect();
  bridge_ = ::segrid::v1::BridgeService::NewStub(channel);
  admin_ = ::segrid::v1::AdminService::NewStub(channel);
  health_ = grpc::health::v1::Health::NewStub(channel);
}

RunningServer::~RunningServer() {
  for (const auto& gate : gates_) gate->Open();
}

std::shared_ptr<grpc::Channel> RunningServer::Connect(
    std::shared_ptr<grpc::ChannelCredentials> credentials) const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(64 << 20);
  return grpc::CreateCustomChannel(address(), std::move(credentials),
                                   arguments);
}

std::string ReasonOf(const grpc::Status& status) {
  rpc::v1::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  if (details.details_size() == 0) return "";
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message());
  EXPECT_EQ(details.details(0).type_url(),
            "type.googleapis.com/google.rpc.ErrorInfo");
  rpc::v1::ErrorInfo info;
  EXPECT_TRUE(info.ParseFromString(details.details(0).value()));
  EXPECT_EQ(info.domain(), "segrid");
  return info.reason();
}

std::string OpenEvents(int count, int first_id) {
  std::string body = "[";
  for (int i = 0; i < count; ++i) {
    if (i > 0) body.append(",");
    body.append(R"({"event":"open","email":"ada@example.com",)");
    body.append(R"("timestamp":1700000000,"sg_event_id":"event-)");
    body.append(std::to_string(first_id + i)).append("\"}");
  }
  return body.append("]");
}

}  // namespace segrid::testing
