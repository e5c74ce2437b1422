#include "server/rpc/health_service.h"

#include <memory>
#include <set>
#include <string>

#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "server/rpc/grpc_server.h"
#include "tests/server/testing/running_server.h"

namespace segrid::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::ReasonOf;

HealthCheckRequest Of(const std::string& service) {
  HealthCheckRequest request;
  request.set_service(service);
  return request;
}

class HealthServiceTest : public ::testing::Test {
 protected:
  HealthServiceTest() : health_(admission_, {"segrid.v1.BridgeService"}) {
    GrpcServerOptions options;
    options.config.listen = {"127.0.0.1:0"};
    options.credentials = grpc::InsecureServerCredentials();
    server_ = *GrpcServer::Start(options, {&health_});
    stub_ = grpc::health::v1::Health::NewStub(
        server_->server().InProcessChannel({}));
  }

  HealthCheckResponse::ServingStatus Check(const std::string& service) {
    grpc::ClientContext context;
    HealthCheckResponse response;
    status_ = stub_->Check(&context, Of(service), &response);
    return response.status();
  }

  Admission admission_;
  HealthService health_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<grpc::health::v1::Health::Stub> stub_;
  grpc::Status status_;
};

TEST_F(HealthServiceTest, ServesAsAWholeAndEachService) {
  EXPECT_EQ(Check(""), HealthCheckResponse::SERVING);
  EXPECT_EQ(Check("segrid.v1.BridgeService"), HealthCheckResponse::SERVING);
  health_.SetServing(false);
  EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Check("segrid.v1.BridgeService"), HealthCheckResponse::NOT_SERVING);
}

// Whoever says so late, because it never serves again.
TEST_F(HealthServiceTest, DoesNotServeFromTheDrainOn) {
  admission_.StopAccepting();
  health_.SetServing(true);
  EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthServiceTest, DoesNotKnowOtherServices) {
  Check("nobody");
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status_), "UNKNOWN_SERVICE");
}

TEST_F(HealthServiceTest, TellsWatchersOfEachChange) {
  grpc::ClientContext context;
  auto watch = stub_->Watch(&context, Of(""));
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  health_.SetServing(true);  // No change, no message.
  health_.SetServing(false);
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  context.TryCancel();
  EXPECT_FALSE(watch->Read(&response));
}

TEST_F(HealthServiceTest, LetsAWatcherOfAnUnknownServiceWait) {
  grpc::ClientContext context;
  auto watch = stub_->Watch(&context, Of("nobody"));
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
}

TEST_F(HealthServiceTest, EndsWatchesWhenTheServerStops) {
  grpc::ClientContext context;
  auto watch = stub_->Watch(&context, Of(""));
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  health_.SetServing(false);
  admission_.StopAccepting();
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(ReasonOf(watch->Finish()), "DRAINING");
}

}  // namespace
}  // namespace segrid::rpc
