#include "server/rpc/call_guard.h"

#include <string>

#include "absl/time/clock.h"
#include "core/base/error_info.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"
#include "segrid/rpc/v1/errors.pb.h"
#include "server/rpc/error_status.h"
#include "server/rpc/grpc_server.h"
#include "tests/client/certificates.h"
#include "tests/server/testing/running_server.h"
#include "tests/testing/fake_clock.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;
using testing::OpenEvents;
using testing::ReasonOf;
using testing::RunningServer;

// The hash of "hello", and of "world".
const char kHello[] =
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const char kWorld[] =
    "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7";

config::Config WithTokens() {
  config::Config config = RunningServer::DefaultConfig();
  config.grpc.tokens = {{kHello, {"transform", "forward"}},
                        {kWorld, {"admin"}}};
  return config;
}

void Authorize(grpc::ClientContext& context, const std::string& token) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
}

// The reason of the error of each kind of call; "" when it went well.
std::string Transform(api::BridgeService::Stub& stub,
                      const std::string& token) {
  grpc::ClientContext context;
  Authorize(context, token);
  api::TransformRequest request;
  request.set_webhook_json(OpenEvents(1));
  api::TransformResponse response;
  return ReasonOf(stub.Transform(&context, request, &response));
}

std::string Forward(api::BridgeService::Stub& stub, const std::string& token) {
  grpc::ClientContext context;
  Authorize(context, token);
  api::ForwardRequest request;
  request.set_webhook_json(OpenEvents(1));
  api::ForwardResponse response;
  return ReasonOf(stub.Forward(&context, request, &response));
}

std::string Stream(api::BridgeService::Stub& stub, const std::string& token) {
  grpc::ClientContext context;
  Authorize(context, token);
  const auto stream = stub.ForwardStream(&context);
  stream->WritesDone();
  return ReasonOf(stream->Finish());
}

std::string GetStatus(api::AdminService::Stub& stub, const std::string& token) {
  grpc::ClientContext context;
  Authorize(context, token);
  api::GetStatusResponse response;
  return ReasonOf(stub.GetStatus(&context, {}, &response));
}

std::string Watch(api::AdminService::Stub& stub, const std::string& token) {
  grpc::ClientContext context;
  Authorize(context, token);
  const auto reader = stub.WatchStatus(&context, {});
  api::WatchStatusResponse response;
  if (reader->Read(&response)) return "";
  return ReasonOf(reader->Finish());
}

std::string ListDeadLetters(api::AdminService::Stub& stub,
                            const std::string& token) {
  grpc::ClientContext context;
  Authorize(context, token);
  api::ListDeadLettersRequest request;
  request.mutable_filter()->set_source("first");
  api::ListDeadLettersResponse response;
  return ReasonOf(stub.ListDeadLetters(&context, request, &response));
}

TEST(Tokens, OpenTheMethodsOfTheirRoles) {
  RunningServer server(WithTokens());
  EXPECT_EQ(Transform(server.bridge(), "hello"), "");
  EXPECT_EQ(Forward(server.bridge(), "hello"), "");
  EXPECT_EQ(Stream(server.bridge(), "hello"), "");
  EXPECT_EQ(GetStatus(server.admin(), "hello"), "ROLE_MISSING");
  EXPECT_EQ(Watch(server.admin(), "hello"), "ROLE_MISSING");
  EXPECT_EQ(ListDeadLetters(server.admin(), "hello"), "ROLE_MISSING");
  EXPECT_EQ(Transform(server.bridge(), "world"), "ROLE_MISSING");
  EXPECT_EQ(Forward(server.bridge(), "world"), "ROLE_MISSING");
  EXPECT_EQ(Stream(server.bridge(), "world"), "ROLE_MISSING");
  EXPECT_EQ(GetStatus(server.admin(), "world"), "");
  EXPECT_EQ(Watch(server.admin(), "world"), "");
  EXPECT_EQ(ListDeadLetters(server.admin(), "world"), "");
}

TEST(Tokens, AreNeededForEachMethodButHealth) {
  RunningServer server(WithTokens());
  for (const auto& [token, reason] :
       {std::pair("", "TOKEN_MISSING"), std::pair("guess", "TOKEN_UNKNOWN")}) {
    EXPECT_EQ(Transform(server.bridge(), token), reason);
    EXPECT_EQ(Forward(server.bridge(), token), reason);
    EXPECT_EQ(Stream(server.bridge(), token), reason);
    EXPECT_EQ(GetStatus(server.admin(), token), reason);
    EXPECT_EQ(Watch(server.admin(), token), reason);
    EXPECT_EQ(ListDeadLetters(server.admin(), token), reason);
  }
  grpc::ClientContext context;
  grpc::health::v1::HealthCheckResponse response;
  EXPECT_TRUE(server.health().Check(&context, {}, &response).ok());
}

TEST(Tokens, CountNotWhenThereAreTwo) {
  RunningServer server(WithTokens());
  grpc::ClientContext context;
  Authorize(context, "hello");
  Authorize(context, "guess");
  api::TransformRequest request;
  request.set_webhook_json("[]");
  api::TransformResponse response;
  EXPECT_EQ(ReasonOf(server.bridge().Transform(&context, request, &response)),
            "TOKEN_MISSING");
}

TEST(NamesOfCertificates, AreAskedForWhereTheyAreConfigured) {
  const tests::ScratchDir dir;
  const tests::Certificate authority = tests::MakeAuthority();
  const tests::Certificate own = tests::MakeCertificate(authority, "localhost");
  config::Config config = RunningServer::DefaultConfig();
  config.grpc.tls = {dir.Write("cert", own.cert),
                     dir.Write("key", own.key),
                     dir.Write("ca", authority.cert),
                     {"api.example.com"}};
  RunningServer server(config);
  for (const auto& [name, reason] :
       {std::pair("api.example.com", ""),
        std::pair("other.example.com", "CALLER_NOT_ALLOWED")}) {
    const tests::Certificate caller = tests::MakeCertificate(authority, name);
    const auto bridge = api::BridgeService::NewStub(server.Connect(
        grpc::SslCredentials({authority.cert, caller.key, caller.cert})));
    EXPECT_EQ(Transform(*bridge, ""), reason);
    EXPECT_EQ(Forward(*bridge, ""), reason);
  }
}

// Serves plain text at any free port.
absl::StatusOr<std::unique_ptr<GrpcServer>> Serve(grpc::Service& service) {
  GrpcServerOptions options;
  options.config.listen = {"127.0.0.1:0"};
  options.credentials = grpc::InsecureServerCredentials();
  return GrpcServer::Start(options, {&service});
}

std::unique_ptr<api::BridgeService::Stub> StubOf(const GrpcServer& server) {
  return api::BridgeService::NewStub(grpc::CreateChannel(
      server.addresses()[0], grpc::InsecureChannelCredentials()));
}

// Asks the guard and nothing else.
class Asking final : public api::BridgeService::CallbackService {
 public:
  explicit Asking(const CallGuard& guard) : guard_(guard) {}
  grpc::ServerUnaryReactor* Transform(grpc::CallbackServerContext* context,
                                      const api::TransformRequest*,
                                      api::TransformResponse*) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(
        ToGrpcStatus(guard_.Admit(*context, auth::Role::kTransform)));
    return reactor;
  }

 private:
  const CallGuard& guard_;
};

TEST(Deadlines, AreLookedAtBeforeTheWorkBegins) {
  // The server's clock is an hour ahead: every deadline is over when the call
  // comes, and gRPC itself does not know.
  testing::FakeClock clock;
  clock.Advance(absl::Now() + absl::Hours(1) - clock.Now());
  const Admission admission;
  const auth::Authorizer authorizer{config::Grpc()};
  ByteBudget bytes(1 << 20);
  const CallGuard guard(admission, authorizer, clock, bytes);
  Asking service(guard);
  const auto server = Serve(service);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto stub = StubOf(**server);
  EXPECT_EQ(Transform(*stub, ""), "TOO_LATE");
  grpc::ClientContext without_deadline;
  api::TransformResponse response;
  EXPECT_TRUE(stub->Transform(&without_deadline, {}, &response).ok());
}

// Counts what it took, and nothing else.
class Taking final : public api::BridgeService::CallbackService {
 public:
  explicit Taking(const TakenBytes& taken) : taken_(taken) {}
  grpc::ServerUnaryReactor* Transform(grpc::CallbackServerContext* context,
                                      const api::TransformRequest* request,
                                      api::TransformResponse*) override {
    taken_.Add(*context, request->ByteSizeLong());
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    peer = context->peer();
    return reactor;
  }

  std::string peer;

 private:
  const TakenBytes& taken_;
};

TEST(TakenBytes, AreCountedByConnection) {
  TakenBytes taken;
  Taking service(taken);
  const auto server = Serve(service);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto stub = StubOf(**server);
  const auto call = [&](std::size_t bytes) {
    grpc::ClientContext context;
    api::TransformRequest request;
    request.set_webhook_json(std::string(bytes, 'x'));
    api::TransformResponse response;
    EXPECT_TRUE(stub->Transform(&context, request, &response).ok());
    return static_cast<std::int64_t>(request.ByteSizeLong());
  };
  call(20'000);  // Of a connection that is not counted.
  const TakenBytes::Count other = taken.Open("ipv4:127.0.0.1:1");
  const TakenBytes::Count first = taken.Open(service.peer);
  const std::int64_t bytes = call(20'000) + call(50'000);
  call(TakenBytes::kLeastMessage / 2);  // Costs more to count than it is.
  EXPECT_EQ(*first, bytes);
  // A later connection has the same name.
  const TakenBytes::Count second = taken.Open(service.peer);
  taken.Close(service.peer, first);
  const std::int64_t later = call(20'000);
  EXPECT_EQ(*second, later);
  taken.Close(service.peer, second);
  call(20'000);
  EXPECT_EQ(*first, bytes);
  EXPECT_EQ(*second, later);
  EXPECT_EQ(*other, 0);
}

TEST(BytesInFlight, AreBounded) {
  testing::FakeClock clock;
  const Admission admission;
  const auth::Authorizer authorizer{config::Grpc()};
  ByteBudget bytes(10'000);
  CallGuard guard(admission, authorizer, clock, bytes);
  auto first = guard.TakeRoom(6'000);
  ASSERT_TRUE(first.ok());
  const auto second = guard.TakeRoom(6'000);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::ReasonOf(second.status()), "OVERLOADED");
  EXPECT_EQ(base::RetryDelayOf(second.status()), absl::Seconds(1));
  EXPECT_TRUE(guard.TakeRoom(4'000).ok());
  *first = {};
  EXPECT_TRUE(guard.TakeRoom(6'000).ok());
}

TEST(WaitingPlaces, AreBounded) {
  testing::FakeClock clock;
  const Admission admission;
  const auth::Authorizer authorizer{config::Grpc()};
  ByteBudget bytes(10'000);
  CallGuard guard(admission, authorizer, clock, bytes, 2);
  auto first = guard.TakeWaitingPlace();
  const auto second = guard.TakeWaitingPlace();
  const auto third = guard.TakeWaitingPlace();
  EXPECT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(base::ReasonOf(third.status()), "TOO_MANY_WAITING");
  EXPECT_EQ(base::RetryDelayOf(third.status()), absl::Seconds(1));
  *first = {};
  EXPECT_TRUE(guard.TakeWaitingPlace().ok());
}

// Each kind of name of a certificate against each kind of entry.
TEST(NamesOfCertificates, AreComparedTypeByType) {
  const tests::ScratchDir dir;
  const tests::Certificate authority = tests::MakeAuthority();
  const tests::Certificate own = tests::MakeCertificate(authority, "localhost");
  struct Case {
    const char* entry;
    const char* names;
    const char* reason;
  };
  const Case cases[] = {
      {"good.client", "email:good.client", "CALLER_NOT_ALLOWED"},
      {"good.client", "DNS:good.client", ""},
      {"good.client", "URI:good.client", "CALLER_NOT_ALLOWED"},
      {"ops@example.com", "email:ops@example.com", "CALLER_NOT_ALLOWED"},
      {"10.0.0.1", "DNS:10.0.0.1", "CALLER_NOT_ALLOWED"},
      {"10.0.0.1", "IP:10.0.0.1", ""},
      {"2001:db8::1", "IP:2001:db8::1", ""},
      {"2001:db8::1", "IP:2001:db8::2", "CALLER_NOT_ALLOWED"},
      {"spiffe://example.com/api", "URI:spiffe://example.com/api", ""},
      {"spiffe://example.com/api", "email:a@b,DNS:other", "CALLER_NOT_ALLOWED"},
  };
  config::Config config = RunningServer::DefaultConfig();
  config.grpc.tls = {dir.Write("cert", own.cert),
                     dir.Write("key", own.key),
                     dir.Write("ca", authority.cert),
                     {"nobody"}};
  RunningServer server(config);
  for (const Case& each : cases) {
    config.grpc.tls.allowed_sans = {each.entry};
    ASSERT_TRUE(server.application().Reload(config).ok());
    const tests::Certificate caller =
        tests::MakeCertificateOfNames(authority, each.names);
    const auto bridge = api::BridgeService::NewStub(server.Connect(
        grpc::SslCredentials({authority.cert, caller.key, caller.cert})));
    EXPECT_EQ(Transform(*bridge, ""), each.reason)
        << each.names << " for " << each.entry;
  }
}

}  // namespace
}  // namespace segrid::rpc
