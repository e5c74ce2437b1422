#include <string>
#include <vector>

#include "core/config/load.h"
#include "gtest/gtest.h"
#include "tests/core/config/fake_environment.h"

namespace segrid::config {
namespace {

struct Case {
  std::string name;
  std::string yaml;
  std::string errors;
};

// clang-format off
// Hashes of tokens are 64 digits; these make them.
std::string Tokens(const std::string& first, const std::string& second) {
  return "grpc:\n  tokens:\n    - {" + first + "}\n    - {" + second + "}";
}

std::vector<Case> TokenCases() {
  const std::string a = "sha256: " + std::string(64, 'a');
  const std::string b = "sha256: " + std::string(64, 'b');
  const std::string good = b + ", roles: [admin]";
  return {
      {"TokenWithoutHash", Tokens("roles: [admin]", good),
       "f:3:7: grpc.tokens[0].sha256: is missing; give the lower-case hex of the token's SHA-256: printf %s \"$TOKEN\" | sha256sum"},
      {"TokenItselfIsNotShown", Tokens("sha256: letmein, roles: [admin]", good),
       "f:3:16: grpc.tokens[0].sha256: is no SHA-256; must be 64 lower-case hex digits: printf %s \"$TOKEN\" | sha256sum"},
      {"TokenWithoutRoles", Tokens(a, good),
       "f:3:7: grpc.tokens[0].roles: is missing; give what the token is good for: [transform, forward, admin]"},
      {"TokenForNothing", Tokens(a + ", roles: []", good), "f:3:89: grpc.tokens[0].roles: has 0 elements; must have 1 to 100"},
      {"TokenRole", Tokens(a + ", roles: [read]", good),
       "f:3:90: grpc.tokens[0].roles[0]: 'read' is not known; must be one of: transform, forward, admin"},
      {"TokenTwice", Tokens(good, good), "f:4:16: grpc.tokens[1].sha256: is already in tokens[0]; keep one, with all its roles"},
      {"PeerWithoutNumber", "grpc: {unix_peers: [{roles: [admin]}]}",
       "f:1:21: grpc.unix_peers[0].uid: is missing; give the number of a user (id -u) as 'uid', or that of a group as 'gid'"},
      {"PeerThatIsNobody", "grpc: {unix_peers: [{uid: -1, roles: [admin]}]}",
       "f:1:27: grpc.unix_peers[0].uid: is missing; give the number of a user (id -u) as 'uid', or that of a group as 'gid'"},
      {"PeerOfTwoKinds", "grpc: {unix_peers: [{uid: 1, gid: 2, roles: [admin]}]}",
       "f:1:35: grpc.unix_peers[0].gid: is set beside 'uid'; give each an element of its own"},
      {"PeerForNothing", "grpc: {unix_peers: [{gid: 2}]}",
       "f:1:21: grpc.unix_peers[0].roles: is missing; give what the peer may do: [transform, forward, admin]"},
      {"PeerRole", "grpc: {unix_peers: [{gid: 2, roles: [root]}]}",
       "f:1:38: grpc.unix_peers[0].roles[0]: 'root' is not known; must be one of: transform, forward, admin"},
      {"NamesWithoutMutualTls", "grpc: {tls: {cert: c, key: k, allowed_sans: [a]}}",
       "f:1:45: grpc.tls.allowed_sans: works only with client certificates; set 'client_ca' too"},
      {"NameWithAWildcard", "grpc: {tls: {cert: c, key: k, client_ca: a, allowed_sans: ['*.a']}}",
       "f:1:60: grpc.tls.allowed_sans[0]: '*.a' is no name of a certificate; must be one name as it is written there: "
       "api.example.com, spiffe://example.com/api, an address, without wildcards"},
  };
}

// clang-format on

TEST(GrpcErrors, SayWhereAndWhatWouldBeRight) {
  for (const Case& wrong : TokenCases()) {
    const auto config = LoadText(wrong.yaml, "f", FakeEnvironment());
    ASSERT_FALSE(config.ok()) << wrong.name;
    EXPECT_EQ(std::string(config.status().message()), wrong.errors)
        << wrong.name;
  }
}

}  // namespace
}  // namespace segrid::config
