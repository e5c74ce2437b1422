#include "server/rpc/grpc_server.h"

#include <memory>
#include <string>

#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "core/base/error_info.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "server/rpc/bytes.h"
#include "server/rpc/health_service.h"
#include "tests/client/certificates.h"
#include "tests/server/testing/running_server.h"

namespace segrid::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::RunningServer;
using tests::Certificate;

grpc::Status Check(const std::shared_ptr<grpc::Channel>& channel,
                   const std::string& metadata = "") {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(5)));
  if (!metadata.empty()) context.AddMetadata("x-metadata", metadata);
  HealthCheckResponse response;
  return grpc::health::v1::Health::NewStub(channel)->Check(&context, {},
                                                           &response);
}

// One question to the reflection service, and its answer, as wire bytes.
std::string Reflect(const std::shared_ptr<grpc::Channel>& channel,
                    const std::string& question) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(
      &context,
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok) && ok);
  };
  call->StartCall(nullptr);
  wait();
  const grpc::Slice slice(question);
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  wait();
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  wait();
  call->WritesDone(nullptr);
  wait();
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
  return std::string(ReceivedBytes(answer).view());
}

TEST(Reflection, ListsAllServices) {
  RunningServer server;
  const std::string services =
      Reflect(server.Connect(), std::string("\x3a\x00", 2));
  for (const char* name :
       {"segrid.v1.BridgeService", "segrid.v1.AdminService",
        "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}) {
    EXPECT_NE(services.find(name), std::string::npos) << name;
  }
}

TEST(Reflection, KnowsTheRawMethods) {
  RunningServer server;
  const std::string symbol = "segrid.v1.BridgeService.Transform";
  std::string question = "\x22";
  question.push_back(static_cast<char>(symbol.size()));
  const std::string file = Reflect(server.Connect(), question.append(symbol));
  EXPECT_NE(file.find("segrid/v1/bridge.proto"), std::string::npos);
}

TEST(GrpcServer, BoundsTheMetadata) {
  RunningServer server;
  EXPECT_TRUE(Check(server.Connect(), std::string(8 << 10, 'x')).ok());
  EXPECT_EQ(Check(server.Connect(), std::string(20 << 10, 'x')).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

class ListenTest : public ::testing::Test {
 protected:
  ListenTest() : health_(admission_, {}) {
    options_.credentials = grpc::InsecureServerCredentials();
  }

  Admission admission_;
  HealthService health_;
  GrpcServerOptions options_;
};

TEST_F(ListenTest, ServesOnSeveralAddresses) {
  const tests::ScratchDir dir;
  options_.config.listen = {"unix:" + dir.Path("s"), "127.0.0.1:0",
                            "localhost:0"};
  const auto server = GrpcServer::Start(options_, {&health_});
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_EQ((*server)->addresses().size(), 3u);
  EXPECT_EQ((*server)->addresses()[0], options_.config.listen[0]);
  EXPECT_EQ((*server)->addresses()[1],
            "127.0.0.1:" + std::to_string((*server)->port()));
  EXPECT_NE((*server)->port(), 0);
  for (std::string address : (*server)->addresses()) {
    // Not every machine can tell gRPC what localhost is.
    address = absl::StrReplaceAll(address, {{"localhost", "127.0.0.1"}});
    EXPECT_TRUE(
        Check(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))
            .ok())
        << address;
  }
}

TEST_F(ListenTest, NamesTheAddressThatIsTaken) {
  options_.config.listen = {"127.0.0.1:0"};
  const auto first = GrpcServer::Start(options_, {&health_});
  ASSERT_TRUE(first.ok());
  const std::string taken = (*first)->addresses()[0];
  options_.config.listen = {"127.0.0.1:0", taken};
  HealthService other(admission_, {});
  const absl::Status status = GrpcServer::Start(options_, {&other}).status();
  EXPECT_EQ(base::ReasonOf(status), "CANNOT_LISTEN");
  EXPECT_NE(status.message().find(taken), absl::string_view::npos) << status;
  EXPECT_NE(status.message().find("in use"), absl::string_view::npos);
}

TEST_F(ListenTest, RefusesConnectionsOverTheBound) {
  options_.config.listen = {"127.0.0.1:0"};
  options_.config.max_connections = 2;
  const auto server = GrpcServer::Start(options_, {&health_});
  ASSERT_TRUE(server.ok()) << server.status();
  const auto connect = [&] {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel((*server)->addresses()[0],
                                     grpc::InsecureChannelCredentials(),
                                     arguments);
  };
  auto first = connect();
  const auto second = connect();
  EXPECT_TRUE(Check(first).ok());
  EXPECT_TRUE(Check(second).ok());
  EXPECT_EQ(Check(connect()).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Check(second).ok());
  EXPECT_GE((*server)->counts().refused, 1);
  first.reset();
  // Until the server has seen the end of the first.
  const absl::Time end = absl::Now() + absl::Seconds(10);
  bool serves = false;
  while (!serves && absl::Now() < end) serves = Check(connect()).ok();
  EXPECT_TRUE(serves);
}

class TlsTest : public ::testing::Test {
 protected:
  config::Config Config(bool mutual) const {
    const Certificate server = tests::MakeCertificate(authority_, "localhost");
    config::Config config = RunningServer::DefaultConfig();
    config.grpc.tls.cert = dir_.Write("cert.pem", server.cert);
    config.grpc.tls.key = dir_.Write("key.pem", server.key);
    if (mutual) config.grpc.tls.client_ca = dir_.Write("ca", authority_.cert);
    return config;
  }
  // A client that trusts the authority and shows a certificate of `signer`.
  std::shared_ptr<grpc::ChannelCredentials> Client(
      const Certificate* signer) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authority_.cert;
    if (signer != nullptr) {
      const Certificate own = tests::MakeCertificate(*signer, "client");
      options.pem_cert_chain = own.cert;
      options.pem_private_key = own.key;
    }
    return grpc::SslCredentials(options);
  }

  const tests::ScratchDir dir_;
  const Certificate authority_ = tests::MakeAuthority();
};

TEST_F(TlsTest, ServesClientsThatTrustIt) {
  RunningServer server(Config(/*mutual=*/false));
  EXPECT_TRUE(Check(server.Connect(Client(nullptr))).ok());
  EXPECT_FALSE(Check(server.Connect()).ok());  // Plain text.
}

TEST_F(TlsTest, MutualTlsServesOnlyCertifiedClients) {
  RunningServer server(Config(/*mutual=*/true));
  const Certificate stranger = tests::MakeAuthority();
  EXPECT_TRUE(Check(server.Connect(Client(&authority_))).ok());
  EXPECT_FALSE(Check(server.Connect(Client(nullptr))).ok());
  EXPECT_FALSE(Check(server.Connect(Client(&stranger))).ok());
}

}  // namespace
}  // namespace segrid::rpc
