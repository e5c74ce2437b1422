// Calls over Unix sockets: the kernel says who makes them.

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
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

// The hash of "hello".
const char kHello[] =
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
constexpr uid_t kNobody = 65'534;

class UnixSocketsTest : public ::testing::Test {
 protected:
  UnixSocketsTest() { config_.grpc.listen = {"unix:" + path_}; }

  // The reasons of the errors of Transform, Forward and GetStatus.
  static std::string Reasons(const std::shared_ptr<grpc::Channel>& channel,
                             const std::string& token = "") {
    const auto bridge = api::BridgeService::NewStub(channel);
    const auto admin = api::AdminService::NewStub(channel);
    const auto prepare = [&token](grpc::ClientContext& context) {
      context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
      if (!token.empty()) {
        context.AddMetadata("authorization", "Bearer " + token);
      }
    };
    grpc::ClientContext transform;
    prepare(transform);
    api::TransformRequest to_transform;
    to_transform.set_webhook_json(OpenEvents(1));
    api::TransformResponse transformed;
    std::string reasons =
        ReasonOf(bridge->Transform(&transform, to_transform, &transformed));
    grpc::ClientContext forward;
    prepare(forward);
    api::ForwardRequest to_forward;
    to_forward.set_webhook_json(OpenEvents(1));
    api::ForwardResponse forwarded;
    reasons.append(",").append(
        ReasonOf(bridge->Forward(&forward, to_forward, &forwarded)));
    grpc::ClientContext status;
    prepare(status);
    api::GetStatusResponse answer;
    return reasons.append(",").append(
        ReasonOf(admin->GetStatus(&status, {}, &answer)));
  }

  const tests::ScratchDir dir_;
  const std::string path_ = dir_.Path("socket");
  config::Config config_ = RunningServer::DefaultConfig();
};

TEST_F(UnixSocketsTest, ServeTheOwnUser) {
  RunningServer server(config_);
  EXPECT_EQ(Reasons(server.Connect()), ",,");
}

TEST_F(UnixSocketsTest, NeedNoCertificateWhereTcpDoes) {
  const Certificate authority = tests::MakeAuthority();
  const Certificate own = tests::MakeCertificate(authority, "localhost");
  config_.grpc.tls = {dir_.Write("cert", own.cert),
                      dir_.Write("key", own.key),
                      dir_.Write("ca", authority.cert),
                      {"api.example.com"}};
  config_.grpc.listen.push_back("127.0.0.1:0");
  RunningServer server(config_);
  EXPECT_EQ(Reasons(server.Connect()), ",,");
  // The other address asks for one still.
  const auto plain = grpc::CreateChannel(server.application().addresses().at(1),
                                         grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(2)));
  api::GetStatusResponse answer;
  EXPECT_FALSE(
      api::AdminService::NewStub(plain)->GetStatus(&context, {}, &answer).ok());
}

TEST_F(UnixSocketsTest, GiveAListedPeerItsRolesOnly) {
  config_.grpc.unix_peers = {
      {static_cast<std::int32_t>(::geteuid()), -1, {"transform"}}};
  RunningServer server(config_);
  EXPECT_EQ(Reasons(server.Connect()), ",ROLE_MISSING,ROLE_MISSING");
}

TEST_F(UnixSocketsTest, GiveAListedGroupItsRoles) {
  config_.grpc.unix_peers = {
      {-1, static_cast<std::int32_t>(::getegid()), {"admin", "forward"}}};
  RunningServer server(config_);
  EXPECT_EQ(Reasons(server.Connect()), "ROLE_MISSING,,");
}

TEST_F(UnixSocketsTest, AskForTokensUnlessThePeerIsListed) {
  config_.grpc.tokens = {{kHello, {"transform", "forward", "admin"}}};
  {
    RunningServer server(config_);
    EXPECT_EQ(Reasons(server.Connect()),
              "TOKEN_MISSING,TOKEN_MISSING,TOKEN_MISSING");
    EXPECT_EQ(Reasons(server.Connect(), "hello"), ",,");
  }
  config_.grpc.unix_peers = {
      {static_cast<std::int32_t>(::geteuid()), -1, {"transform", "forward"}}};
  RunningServer server(config_);
  EXPECT_EQ(Reasons(server.Connect()), ",,ROLE_MISSING");
}

// What another user's process sees: `c` for closed, `o` for open, `?` when it
// could not connect. Plain system calls only, because it runs after fork().
char WhatNobodySees(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), path.size());
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    const int client = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0 ||
        ::connect(client, reinterpret_cast<const sockaddr*>(&name),
                  sizeof(name)) != 0) {
      ::_exit('?');
    }
    // A server that serves it says something first.
    ::_exit(::read(client, &byte, 1) == 1 ? 'o' : 'c');
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? static_cast<char>(WEXITSTATUS(status)) : '?';
}

TEST_F(UnixSocketsTest, CloseTheConnectionsOfOtherUsers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  RunningServer server(config_);
  ::chmod(dir_.Path("").c_str(), 0755);
  ::chmod(path_.c_str(), 0666);
  EXPECT_EQ(WhatNobodySees(path_), 'c');
  EXPECT_EQ(Reasons(server.Connect()), ",,");
}

TEST_F(UnixSocketsTest, ServeOtherUsersThatAreListed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  config_.grpc.unix_peers = {
      {static_cast<std::int32_t>(kNobody), -1, {"forward"}}};
  RunningServer server(config_);
  ::chmod(dir_.Path("").c_str(), 0755);
  ::chmod(path_.c_str(), 0666);
  EXPECT_EQ(WhatNobodySees(path_), 'o');
}

}  // namespace
}  // namespace segrid::rpc
