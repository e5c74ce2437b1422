// The whole service in the test's process, on a free port.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/config/config.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/security/credentials.h"
#include "segrid/v1/admin.grpc.pb.h"
#include "segrid/v1/bridge.grpc.pb.h"
#include "server/app/application.h"
#include "server/logging/log.h"
#include "tests/client/scratch_dir.h"
#include "tests/server/testing/gated_receiver.h"

namespace segrid::testing {

// Two sources, `first` and `second`, with a gate each. One thread, but for the
// gates.
class RunningServer {
 public:
  // The sources, on 127.0.0.1 and a free port; `drain.grace` is 5 s.
  static config::Config DefaultConfig();

  explicit RunningServer(config::Config config = DefaultConfig(),
                         app::ReadinessOptions readiness = {});
  // Opens the gates.
  ~RunningServer();

  app::Application& application() { return *application_; }
  Gate& gate(std::size_t source) { return *gates_.at(source); }
  // What a reload that needs new receivers gives from now on.
  void FailSources(std::string reason) { fail_sources_ = std::move(reason); }
  std::string address() const { return application_->addresses().at(0); }

  // A new connection.
  std::shared_ptr<grpc::Channel> Connect(
      std::shared_ptr<grpc::ChannelCredentials> credentials =
          grpc::InsecureChannelCredentials()) const;

  // Stubs over one connection.
  ::segrid::v1::BridgeService::Stub& bridge() { return *bridge_; }
  ::segrid::v1::AdminService::Stub& admin() { return *admin_; }
  grpc::health::v1::Health::Stub& health() { return *health_; }

 private:
  const tests::ScratchDir dir_;
  base::SystemClock clock_;
  logging::Log log_;
  std::vector<std::unique_ptr<Gate>> gates_;
  std::string fail_sources_;
  std::unique_ptr<app::Application> application_;
  std::unique_ptr<::segrid::v1::BridgeService::Stub> bridge_;
  std::unique_ptr<::segrid::v1::AdminService::Stub> admin_;
  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

// The reason of the ErrorInfo in a call's error; "" without one. Checks that
// the details say the same as the status.
std::string ReasonOf(const grpc::Status& status);

// A webhook body of `count` good `open` events with ids from `first_id` on.
std::string OpenEvents(int count, int first_id = 0);

}  // namespace segrid::testing
