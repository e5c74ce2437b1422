// What holds for each method of each service, from the services' descriptors.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "server/auth/role.h"
#include "tests/server/testing/raw_call.h"
#include "tests/server/testing/running_server.h"

namespace segrid::rpc {
namespace {

using auth::Role;
using testing::CallRaw;
using testing::RawAnswer;
using testing::ReasonOf;
using testing::RunningServer;

// The hash of each role's token, which is the role's name.
const char kTransformHash[] =
    "aa214ea38326805d95661c3ad1643cc07f88e2bae0438ac0448a66d93335ca6e";
const char kForwardHash[] =
    "9dc08e4033827c93f48cabc2f61e3f9817b51a7f1bcfa513a7537dcbc5d162e7";
const char kAdminHash[] =
    "8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918";

// The role that each method asks for; none: anyone may call it.
const std::map<std::string, std::optional<Role>>& RoleTable() {
  static const auto& table = *new std::map<std::string, std::optional<Role>>{
      {"segrid.v1.BridgeService.Transform", Role::kTransform},
      {"segrid.v1.BridgeService.TransformStream", Role::kTransform},
      {"segrid.v1.BridgeService.Forward", Role::kForward},
      {"segrid.v1.BridgeService.ForwardStream", Role::kForward},
      {"segrid.v1.AdminService.ListSources", Role::kAdmin},
      {"segrid.v1.AdminService.GetStatus", Role::kAdmin},
      {"segrid.v1.AdminService.WatchStatus", Role::kAdmin},
      {"segrid.v1.AdminService.TailTracks", Role::kAdmin},
      {"segrid.v1.AdminService.PauseSource", Role::kAdmin},
      {"segrid.v1.AdminService.ResumeSource", Role::kAdmin},
      {"segrid.v1.AdminService.ListDeadLetters", Role::kAdmin},
      {"segrid.v1.AdminService.ReplayDeadLetters", Role::kAdmin},
      {"segrid.v1.AdminService.PurgeDeadLetters", Role::kAdmin},
      {"segrid.v1.AdminService.DropSource", Role::kAdmin},
      {"segrid.v1.AdminService.ErasePerson", Role::kAdmin},
      {"segrid.v1.AdminService.ReloadConfig", Role::kAdmin},
      {"segrid.v1.AdminService.Drain", Role::kAdmin},
      {"grpc.health.v1.Health.Check", std::nullopt},
      {"grpc.health.v1.Health.Watch", std::nullopt},
  };
  return table;
}

std::vector<const google::protobuf::MethodDescriptor*> Methods() {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const char* const name :
       {"segrid.v1.BridgeService", "segrid.v1.AdminService",
        "grpc.health.v1.Health"}) {
    const google::protobuf::ServiceDescriptor* const service =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            name);
    for (int i = 0; service != nullptr && i < service->method_count(); ++i) {
      methods.push_back(service->method(i));
    }
  }
  return methods;
}

std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

// The reason for which the caller was not let in; "" when it was, whatever
// became of its empty request.
std::string WhyDenied(const RawAnswer& answer) {
  static const auto& reasons = *new std::set<std::string>{
      "TOKEN_MISSING", "TOKEN_UNKNOWN", "ROLE_MISSING", "CALLER_NOT_ALLOWED"};
  if (answer.has_message || answer.status.ok()) return "";
  const std::string reason = ReasonOf(answer.status);
  return reasons.count(reason) > 0 ? reason : "";
}

TEST(Methods, AreAllInTheTableOfRoles) {
  std::set<std::string> names;
  for (const auto* const method : Methods()) names.insert(method->full_name());
  EXPECT_EQ(names.size(), RoleTable().size());
  for (const auto& [name, role] : RoleTable()) {
    EXPECT_EQ(names.count(name), 1u) << name << " is no method any more";
  }
  for (const std::string& name : names) {
    EXPECT_EQ(RoleTable().count(name), 1u)
        << name << " is new: say in the table which role it asks for";
  }
}

TEST(Methods, AskEachForItsOwnRole) {
  config::Config config = RunningServer::DefaultConfig();
  config.grpc.tokens = {{kTransformHash, {"transform"}},
                        {kForwardHash, {"forward"}},
                        {kAdminHash, {"admin"}}};
  RunningServer server(config);
  const auto channel = server.Connect();
  const std::map<std::string, std::optional<Role>> tokens = {
      {"", std::nullopt},
      {"unknown", std::nullopt},
      {"transform", Role::kTransform},
      {"forward", Role::kForward},
      {"admin", Role::kAdmin}};
  for (const auto* const method : Methods()) {
    const auto wanted = RoleTable().find(method->full_name());
    ASSERT_NE(wanted, RoleTable().end()) << method->full_name();
    for (const auto& [token, role] : tokens) {
      SCOPED_TRACE(method->full_name() + " with '" + token + "'");
      std::string expected;
      if (wanted->second.has_value() && role != wanted->second) {
        expected = token.empty()        ? "TOKEN_MISSING"
                   : token == "unknown" ? "TOKEN_UNKNOWN"
                                        : "ROLE_MISSING";
      }
      EXPECT_EQ(WhyDenied(CallRaw(channel, PathOf(*method), "", token)),
                expected);
    }
  }
}

TEST(Methods, RefuseBytesThatAreNoMessage) {
  RunningServer server;
  const auto channel = server.Connect();
  // A tag that never ends, a field that is cut off, and a group without an end.
  for (const std::string& bytes : {std::string("\xFF\xFF"),
                                   std::string("\x0A\x05"
                                               "a"),
                                   std::string("\x9B\x06")}) {
    for (const auto* const method : Methods()) {
      SCOPED_TRACE(method->full_name());
      const RawAnswer answer = CallRaw(channel, PathOf(*method), bytes);
      EXPECT_FALSE(answer.has_message);
      EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
      EXPECT_EQ(ReasonOf(answer.status), "MALFORMED_REQUEST");
    }
  }
}

TEST(Methods, AnswerACallOfNoMethodWithUnimplemented) {
  RunningServer server;
  const RawAnswer answer =
      CallRaw(server.Connect(), "/segrid.v1.AdminService/NoSuchMethod", "");
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace segrid::rpc
