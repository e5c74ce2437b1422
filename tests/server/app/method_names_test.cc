// Who calls methods that there are not makes no metrics.

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/server/testing/metrics_page.h"
#include "tests/server/testing/running_server.h"

namespace segrid::app {
namespace {

TEST(MethodNames, OfStrangersAreNoLabels) {
  testing::RunningServer server;
  grpc::GenericStub stub(server.Connect());
  for (int i = 0; i < 20; ++i) {
    const char* const service =
        i % 2 == 0 ? "/segrid.v1.BridgeService/" : "/stranger.v1.Service/";
    grpc::ClientContext context;
    const grpc::Slice slice("request");
    grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::Status status;
    absl::Notification done;
    stub.UnaryCall(&context, absl::StrCat(service, "Stranger", i), {}, &request,
                   &response, [&](grpc::Status answer) {
                     status = std::move(answer);
                     done.Notify();
                   });
    done.WaitForNotification();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  }
  grpc::ClientContext context;
  grpc::health::v1::HealthCheckResponse response;
  EXPECT_TRUE(server.health().Check(&context, {}, &response).ok());
  std::map<std::string, double> metrics =
      testing::ReadMetrics(server.application().listeners().admin()->port());
  for (const auto& [name, value] : metrics) {
    EXPECT_EQ(name.find("tranger"), name.npos) << name;
  }
  EXPECT_EQ(metrics.at("grpc_server_started_total{grpc_type=\"unary\",grpc_"
                       "service=\"unknown\",grpc_method=\"unknown\"}"),
            20);
  EXPECT_EQ(
      metrics.at("grpc_server_started_total{grpc_type=\"unary\",grpc_service="
                 "\"grpc.health.v1.Health\",grpc_method=\"Check\"}"),
      1);
}

}  // namespace
}  // namespace segrid::app
