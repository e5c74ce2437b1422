// A reload that takes a permission away, seen from calls that are open.

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/client/certificates.h"
#include "tests/server/testing/running_server.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;
using testing::OpenEvents;
using testing::ReasonOf;
using testing::RunningServer;
using tests::Certificate;

// The hash of "hello", and of "world".
const char kHello[] =
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const char kWorld[] =
    "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7";

// One open call of each kind that lasts.
class OpenCalls {
 public:
  OpenCalls(const std::shared_ptr<grpc::Channel>& channel,
            const std::string& token)
      : bridge_(api::BridgeService::NewStub(channel)),
        admin_(api::AdminService::NewStub(channel)),
        health_(grpc::health::v1::Health::NewStub(channel)) {
    for (grpc::ClientContext* const context :
         {&forward_, &transform_, &tail_, &watch_, &health_watch_}) {
      context->set_deadline(
          absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
      if (!token.empty()) {
        context->AddMetadata("authorization", "Bearer " + token);
      }
    }
    forwards_ = bridge_->ForwardStream(&forward_);
    transforms_ = bridge_->TransformStream(&transform_);
    tracks_ = admin_->TailTracks(&tail_, {});
    api::WatchStatusRequest rarely;
    rarely.mutable_interval()->set_seconds(3'600);
    statuses_ = admin_->WatchStatus(&watch_, rarely);
    healths_ = health_->Watch(&health_watch_, {});
  }

  // True if each of them answers.
  void ExpectServed() {
    api::ForwardStreamRequest forward;
    forward.mutable_request()->set_webhook_json(OpenEvents(1));
    EXPECT_TRUE(forwards_->Write(forward));
    api::ForwardStreamResponse forwarded;
    EXPECT_TRUE(forwards_->Read(&forwarded));
    EXPECT_TRUE(forwarded.has_response()) << forwarded.error().message();
    api::TransformStreamRequest transform;
    transform.mutable_request()->set_webhook_json(OpenEvents(1));
    EXPECT_TRUE(transforms_->Write(transform));
    api::TransformStreamResponse transformed;
    EXPECT_TRUE(transforms_->Read(&transformed));
    EXPECT_TRUE(transformed.has_response());
    api::TailTracksResponse track;
    EXPECT_TRUE(tracks_->Read(&track));
    api::WatchStatusResponse status;
    EXPECT_TRUE(statuses_->Read(&status));
    grpc::health::v1::HealthCheckResponse health;
    EXPECT_TRUE(healths_->Read(&health));
  }

  // Without a message of ours: they must end by themselves, with `reason`.
  void ExpectEnded(const std::string& reason) {
    const absl::Time start = absl::Now();
    api::ForwardStreamResponse forwarded;
    EXPECT_FALSE(forwards_->Read(&forwarded));
    EXPECT_EQ(ReasonOf(forwards_->Finish()), reason);
    api::TransformStreamResponse transformed;
    EXPECT_FALSE(transforms_->Read(&transformed));
    EXPECT_EQ(ReasonOf(transforms_->Finish()), reason);
    api::TailTracksResponse track;
    while (tracks_->Read(&track)) {  // What had passed before.
    }
    EXPECT_EQ(ReasonOf(tracks_->Finish()), reason);
    api::WatchStatusResponse status;
    EXPECT_FALSE(statuses_->Read(&status));
    EXPECT_EQ(ReasonOf(statuses_->Finish()), reason);
    EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  }
  void ExpectHealthWatchEnded(const std::string& reason) {
    grpc::health::v1::HealthCheckResponse health;
    EXPECT_FALSE(healths_->Read(&health));
    EXPECT_EQ(ReasonOf(healths_->Finish()), reason);
  }
  // The streams go on; the rest is ended here.
  void ExpectStillServed() {
    api::ForwardStreamRequest forward;
    forward.mutable_request()->set_webhook_json(OpenEvents(1));
    EXPECT_TRUE(forwards_->Write(forward));
    api::ForwardStreamResponse forwarded;
    EXPECT_TRUE(forwards_->Read(&forwarded));
    forwards_->WritesDone();
    EXPECT_TRUE(forwards_->Finish().ok());
    transforms_->WritesDone();
    EXPECT_TRUE(transforms_->Finish().ok());
    for (grpc::ClientContext* const context :
         {&tail_, &watch_, &health_watch_}) {
      context->TryCancel();
    }
    EXPECT_EQ(tracks_->Finish().error_code(), grpc::StatusCode::CANCELLED);
    EXPECT_EQ(statuses_->Finish().error_code(), grpc::StatusCode::CANCELLED);
    EXPECT_EQ(healths_->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }

 private:
  const std::unique_ptr<api::BridgeService::Stub> bridge_;
  const std::unique_ptr<api::AdminService::Stub> admin_;
  const std::unique_ptr<grpc::health::v1::Health::Stub> health_;
  grpc::ClientContext forward_;
  grpc::ClientContext transform_;
  grpc::ClientContext tail_;
  grpc::ClientContext watch_;
  grpc::ClientContext health_watch_;
  std::unique_ptr<grpc::ClientReaderWriter<api::ForwardStreamRequest,
                                           api::ForwardStreamResponse>>
      forwards_;
  std::unique_ptr<grpc::ClientReaderWriter<api::TransformStreamRequest,
                                           api::TransformStreamResponse>>
      transforms_;
  std::unique_ptr<grpc::ClientReader<api::TailTracksResponse>> tracks_;
  std::unique_ptr<grpc::ClientReader<api::WatchStatusResponse>> statuses_;
  std::unique_ptr<grpc::ClientReader<grpc::health::v1::HealthCheckResponse>>
      healths_;
};

config::Config WithTokens() {
  config::Config config = RunningServer::DefaultConfig();
  const std::vector<std::string> all = {"transform", "forward", "admin"};
  config.grpc.tokens = {{kHello, all}, {kWorld, all}};
  return config;
}

TEST(Revocation, OfATokenEndsItsStreamsAndTails) {
  RunningServer server(WithTokens());
  OpenCalls revoked(server.Connect(), "hello");
  OpenCalls kept(server.Connect(), "world");
  revoked.ExpectServed();
  kept.ExpectServed();
  config::Config config = WithTokens();
  config.grpc.tokens.erase(config.grpc.tokens.begin());
  ASSERT_TRUE(server.application().Reload(config).ok());
  revoked.ExpectEnded("TOKEN_UNKNOWN");
  kept.ExpectStillServed();
}

TEST(Revocation, OfARoleEndsWhatNeedsIt) {
  RunningServer server(WithTokens());
  OpenCalls revoked(server.Connect(), "hello");
  revoked.ExpectServed();
  config::Config config = WithTokens();
  config.grpc.tokens[0].roles = {"transform"};
  ASSERT_TRUE(server.application().Reload(config).ok());
  config.grpc.tokens[0].roles = {"forward"};
  ASSERT_TRUE(server.application().Reload(config).ok());
  revoked.ExpectEnded("ROLE_MISSING");
}

TEST(Revocation, LeavesAStreamThatNothingWasTakenFrom) {
  RunningServer server(WithTokens());
  OpenCalls kept(server.Connect(), "hello");
  kept.ExpectServed();
  config::Config config = WithTokens();
  config.grpc.tokens.pop_back();
  ASSERT_TRUE(server.application().Reload(config).ok());
  kept.ExpectStillServed();
}

class CertificateRevocation : public ::testing::Test {
 protected:
  CertificateRevocation() {
    const Certificate own = tests::MakeCertificate(authority_, "localhost");
    config_.grpc.tls = {dir_.Write("cert", own.cert),
                        dir_.Write("key", own.key),
                        dir_.Write("ca", authority_.cert + other_.cert),
                        {}};
  }

  std::shared_ptr<grpc::Channel> Connect(const RunningServer& server,
                                         const Certificate& authority,
                                         const std::string& name) const {
    const Certificate own = tests::MakeCertificate(authority, name);
    return server.Connect(
        grpc::SslCredentials({authority_.cert, own.key, own.cert}));
  }

  const tests::ScratchDir dir_;
  const Certificate authority_ = tests::MakeAuthority();
  const Certificate other_ = tests::MakeAuthority("another");
  config::Config config_ = RunningServer::DefaultConfig();
};

TEST_F(CertificateRevocation, OfANameEndsItsStreamsAndTails) {
  config_.grpc.tls.allowed_sans = {"one.example.com", "two.example.com"};
  RunningServer server(config_);
  OpenCalls revoked(Connect(server, authority_, "one.example.com"), "");
  OpenCalls kept(Connect(server, authority_, "two.example.com"), "");
  revoked.ExpectServed();
  kept.ExpectServed();
  config_.grpc.tls.allowed_sans = {"two.example.com"};
  ASSERT_TRUE(server.application().Reload(config_).ok());
  revoked.ExpectEnded("CALLER_NOT_ALLOWED");
  kept.ExpectStillServed();
}

TEST_F(CertificateRevocation, OfAnAuthorityReachesOpenConnections) {
  RunningServer server(config_);
  const auto revoked_channel = Connect(server, other_, "client");
  OpenCalls revoked(revoked_channel, "");
  OpenCalls kept(Connect(server, authority_, "client"), "");
  revoked.ExpectServed();
  kept.ExpectServed();
  dir_.Write("ca", authority_.cert);
  ASSERT_TRUE(server.application().Reload(config_).ok());
  revoked.ExpectEnded("CALLER_NOT_ALLOWED");
  revoked.ExpectHealthWatchEnded("CALLER_NOT_ALLOWED");
  kept.ExpectStillServed();
  // The connection is open still; its calls are refused.
  grpc::ClientContext context;
  api::TransformRequest request;
  request.set_webhook_json("[]");
  api::TransformResponse response;
  EXPECT_EQ(ReasonOf(api::BridgeService::NewStub(revoked_channel)
                         ->Transform(&context, request, &response)),
            "CALLER_NOT_ALLOWED");
}

}  // namespace
}  // namespace segrid::rpc
