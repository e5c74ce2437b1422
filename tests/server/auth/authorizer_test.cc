#include "server/auth/authorizer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error_info.h"
#include "gtest/gtest.h"

namespace segrid::auth {
namespace {

// The hash of "hello".
const char kHello[] =
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

config::Grpc WithToken() {
  config::Grpc config;
  config.tokens = {{kHello, {"transform"}}};
  return config;
}

config::Grpc WithNames() {
  config::Grpc config;
  config.tls.allowed_sans = {"api.example.com", "spiffe://example.com/api"};
  return config;
}

std::vector<CertificateName> Dns(const std::vector<std::string_view>& texts) {
  std::vector<CertificateName> names;
  for (const std::string_view text : texts) {
    names.push_back({NameType::kDns, text});
  }
  return names;
}

std::string ReasonFor(const Authorizer& authorizer, const Caller& caller) {
  return base::ReasonOf(authorizer.Check(caller, Role::kTransform));
}

TEST(Authorizer, AllowsEverythingWithoutRules) {
  const Authorizer authorizer{config::Grpc()};
  EXPECT_TRUE(authorizer.open());
  EXPECT_TRUE(authorizer.Check({}, Role::kAdmin).ok());
}

TEST(Authorizer, WantsATokenWithTheRole) {
  const Authorizer authorizer(WithToken());
  EXPECT_FALSE(authorizer.open());
  EXPECT_TRUE(authorizer.Check({"Bearer hello", {}}, Role::kTransform).ok());
  for (const char* header :
       {"bearer hello", "BEARER hello", "Bearer  hello", "Bearer     hello"}) {
    EXPECT_TRUE(authorizer.Check({header, {}}, Role::kTransform).ok())
        << header;
  }
  const absl::Status admin =
      authorizer.Check({"Bearer hello", {}}, Role::kAdmin);
  EXPECT_EQ(admin.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(base::ReasonOf(admin), "ROLE_MISSING");
}

TEST(Authorizer, RefusesEverythingElse) {
  const Authorizer authorizer(WithToken());
  for (const char* header :
       {"", "hello", "Bearer", "Bearer ", "Bearer   ", "Basic hello",
        "Bearerhello", " Bearer hello", "Bearer\thello"}) {
    EXPECT_EQ(ReasonFor(authorizer, {header, {}}), "TOKEN_MISSING") << header;
  }
  for (const char* header : {"Bearer hello ", "Bearer \thello", "Bearer Hello",
                             "Bearer hello,x", "Bearer hello hello"}) {
    const absl::Status status =
        authorizer.Check({header, {}}, Role::kTransform);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(base::ReasonOf(status), "TOKEN_UNKNOWN") << header;
    EXPECT_EQ(status.message().find("hello"), absl::string_view::npos);
  }
}

TEST(Authorizer, WantsOneOfTheNames) {
  const Authorizer authorizer(WithNames());
  EXPECT_EQ(ReasonFor(authorizer, {"", Dns({"x", "api.example.com"})}), "");
  EXPECT_EQ(ReasonFor(authorizer,
                      {"", {{NameType::kUri, "spiffe://example.com/api"}}}),
            "");
  EXPECT_EQ(ReasonFor(authorizer, {"", {}}), "CALLER_NOT_ALLOWED");
  EXPECT_EQ(
      ReasonFor(authorizer, {"", Dns({"API.example.com", "example.com"})}),
      "CALLER_NOT_ALLOWED");
}

TEST(Authorizer, WantsBothWhereBothAreThere) {
  config::Grpc config = WithNames();
  config.tokens = WithToken().tokens;
  const Authorizer authorizer(config);
  EXPECT_EQ(ReasonFor(authorizer, {"Bearer hello", {}}), "CALLER_NOT_ALLOWED");
  EXPECT_EQ(ReasonFor(authorizer, {"", Dns({"api.example.com"})}),
            "TOKEN_MISSING");
  EXPECT_EQ(ReasonFor(authorizer, {"Bearer hello", Dns({"api.example.com"})}),
            "");
}

TEST(Authorizer, TakesThePeerOfAUnixSocketForTheCertificate) {
  Caller caller;
  caller.unix_grant.emplace();
  caller.unix_grant->roles.Add(Role::kTransform);
  const Authorizer names(WithNames());
  EXPECT_EQ(ReasonFor(names, caller), "");
  EXPECT_EQ(base::ReasonOf(names.Check(caller, Role::kAdmin)), "ROLE_MISSING");
  // Not for the token, unless the configuration names the peer.
  const Authorizer tokens(WithToken());
  EXPECT_EQ(ReasonFor(tokens, caller), "TOKEN_MISSING");
  caller.unix_grant->listed = true;
  EXPECT_EQ(ReasonFor(tokens, caller), "");
}

TEST(Authorizer, LooksAtPeersWhenTheConfigurationNamesSome) {
  config::Grpc config;
  config.unix_peers = {{1, -1, {"transform"}}};
  EXPECT_FALSE(Authorizer(config).open());
}

TEST(Authorizer, BeginsAGenerationWithEachReplace) {
  Authorizer authorizer{config::Grpc()};
  const std::uint64_t before = authorizer.generation();
  authorizer.Replace(config::Grpc());
  EXPECT_GT(authorizer.generation(), before);
}

TEST(Authorizer, TakesOtherRules) {
  Authorizer authorizer{config::Grpc()};
  authorizer.Replace(WithToken());
  EXPECT_FALSE(authorizer.open());
  EXPECT_EQ(ReasonFor(authorizer, {}), "TOKEN_MISSING");
  authorizer.Replace(config::Grpc());
  EXPECT_TRUE(authorizer.open());
  EXPECT_EQ(ReasonFor(authorizer, {}), "");
}

TEST(Authorizer, DescribesWhoTheCallerHasProvedToBe) {
  config::Grpc config = WithToken();
  config.tokens.insert(config.tokens.begin(),
                       {std::string(64, '0'), {"admin"}});
  config.tls.allowed_sans = {"ops.example"};
  const Authorizer authorizer(config);
  const std::string bearer = "Bearer hello";
  EXPECT_EQ(authorizer.Describe({}), "");
  EXPECT_EQ(authorizer.Describe({.authorization = "Bearer unknown"}), "");
  EXPECT_EQ(authorizer.Describe({.authorization = bearer}), "grpc.tokens[1]");
  EXPECT_EQ(authorizer.Describe({.names = {{NameType::kDns, "a.example"},
                                           {NameType::kDns, "ops.example"}}}),
            "ops.example");
  EXPECT_EQ(authorizer.Describe({.authorization = bearer,
                                 .names = {{NameType::kUri, "spiffe://a/b"}}}),
            "spiffe://a/b, grpc.tokens[1]");
  EXPECT_EQ(authorizer.Describe({.certificate = "PEM"}),
            "a certificate without a name");
  EXPECT_EQ(authorizer.Describe({.unix_grant = UnixGrant()}),
            "a peer of the Unix socket");
}

}  // namespace
}  // namespace segrid::auth
