// Mistakes with the HTTP doors, with the exact place and words.

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

// SendGrid's own example.
const std::string kKey =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfS"
    "mpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
const std::string kSource = "sources: [{name: a, write_key: k}]\n";

// clang-format off
std::vector<Case> Cases() {
  return {
      {"UnsignedOffLoopback", "http: {listen: ['127.0.0.1:1', '0.0.0.0:80']}",
       "f:1:32: http.listen[1]: can be reached from other hosts, and webhook 'default' takes events without a signature; set its public_keys, or listen on 127.0.0.1 or unix:/path"},
      {"OneUnsignedOffLoopback", "http: {listen: ['[::]:80']}\nwebhooks:\n  - {name: a, public_keys: [" + kKey + "]}\n  - {name: b}",
       "f:1:17: http.listen[0]: can be reached from other hosts, and webhook 'b' takes events without a signature; set its public_keys, or listen on 127.0.0.1 or unix:/path"},
      {"TokenInTheClear", "http: {listen: ['0.0.0.0:80']}\nwebhooks: [{bearer_sha256: [" + std::string(64, 'a') + "]}]",
       "f:1:17: http.listen[0]: can be reached from other hosts, and webhook 'default' asks for a token or password that would cross the network in the clear; set http.tls, or its public_keys, or, behind a proxy that has TLS, http.allow_insecure_bind: true"},
      {"AllowedAndUnsigned", "http: {listen: ['0.0.0.0:80'], allow_insecure_bind: true}",
       "f:1:17: http.listen[0]: can be reached from other hosts, and webhook 'default' takes events without a signature; set its public_keys, or listen on 127.0.0.1 or unix:/path"},
      {"Mode", "http: {unix_mode: rw}",
       "f:1:19: http.unix_mode: 'rw' is no mode of a file; write three octal digits: 0660 lets user and group connect, 0666 everybody on this host"},
      {"HostWithPort", "admin: {allowed_hosts: ['a.example:80']}",
       "f:1:25: admin.allowed_hosts[0]: 'a.example:80' is no host name; write it as in a URL, without scheme, port and wildcards: hooks.example.com"},
      {"Network", "http: {trusted_proxies: [a.example, 10.0.0.0/33, '::1/129', 10.0.0.0/]}",
       "f:1:26: http.trusted_proxies[0]: 'a.example' is no address; write an address or a network, e.g. 10.0.0.0/8 or 2001:db8::/32\n"
       "f:1:37: http.trusted_proxies[1]: '10.0.0.0/33' has no number of bits behind the '/'; write an address or a network, e.g. 10.0.0.0/8 or 2001:db8::/32\n"
       "f:1:50: http.trusted_proxies[2]: '::1/129' has no number of bits behind the '/'; write an address or a network, e.g. 10.0.0.0/8 or 2001:db8::/32\n"
       "f:1:61: http.trusted_proxies[3]: '10.0.0.0/' has no number of bits behind the '/'; write an address or a network, e.g. 10.0.0.0/8 or 2001:db8::/32"},
      {"ProxyProtocolOfAnybody", "http: {proxy_protocol: true}",
       "f:1:24: http.proxy_protocol: believes what a connection says of itself, so it needs trusted_proxies, the addresses of those that may say it"},
      {"JwtWithoutIssuer", "webhooks: [{jwt: {audience: a, jwks_file: f}}]",
       "f:1:18: webhooks[0].jwt.issuer: is missing; give what the tokens have as 'iss'"},
      {"JwtWithoutAudience", "webhooks: [{jwt: {issuer: a, jwks_file: f}}]",
       "f:1:18: webhooks[0].jwt.audience: is missing; give what the tokens have as 'aud', because a token that was made for another service must not be taken"},
      {"JwtWithoutKeys", "webhooks: [{jwt: {issuer: a, audience: a}}]",
       "f:1:18: webhooks[0].jwt.public_keys: is missing; give the issuer's keys: public_keys, jwks_file or jwks_url"},
      {"JwtKeysInTheClear", "webhooks: [{jwt: {issuer: a, audience: a, jwks_url: 'http://keys.example/k'}}]",
       "f:1:53: webhooks[0].jwt.jwks_url: 'http://keys.example/k' would fetch keys in the clear; write an https URL"},
      {"JwtKeyIsNotShown", "webhooks: [{jwt: {issuer: a, audience: a, public_keys: [secret]}}]",
       "f:1:57: webhooks[0].jwt.public_keys[0]: is no public key in PEM form; it begins with -----BEGIN PUBLIC KEY-----"},
      {"PageOffLoopback", "admin: {listen: ['0.0.0.0:1']}",
       "f:1:18: admin.listen[0]: can be reached from other hosts, and everybody may look; listen on 127.0.0.1 or unix:/path, or say admin.allow_insecure_bind: true"},
      {"OneAddressForTwoDoors", "http: {listen: ['127.0.0.1:0', '127.0.0.1:9']}\nadmin: {listen: ['127.0.0.1:0', '127.0.0.1:9']}",
       "f:2:33: admin.listen[1]: is the address of http.listen[1], too; give each a port of its own"},
      {"TheDefaultAddressOfAnotherDoor", "grpc: {listen: ['127.0.0.1:8081']}",
       "f:1:17: grpc.listen[0]: is the default address of admin.listen[0], too; give each a port of its own"},
      {"OneAddressTwiceAtADoor", "http: {listen: ['127.0.0.1:9', '127.0.0.1:9']}",
       "f:1:32: http.listen[1]: is in the list twice; keep one"},
      {"Address", "http: {listen: ['8080']}",
       "f:1:17: http.listen[0]: '8080' has no port; write host:port, [ipv6]:port or unix:/path, e.g. 127.0.0.1:50051"},
      {"KeyWithoutCertificate", "http: {tls: {key: k}}",
       "f:1:13: http.tls.cert: is missing; 'key' needs its certificate, a PEM file"},
      {"BodyTooLarge", "http: {max_body_bytes: 65MiB}",
       "f:1:24: http.max_body_bytes: '65MiB' is out of range; must be 1KiB to 64MiB"},
      {"KeyIsNotShown", "webhooks: [{public_keys: [secret]}]",
       "f:1:27: webhooks[0].public_keys[0]: is no verification key: it is not base64; copy it from SendGrid's Mail Settings, Signed Event Webhook"},
      {"TokenIsNotShown", "webhooks: [{bearer_sha256: [secret]}]",
       "f:1:29: webhooks[0].bearer_sha256[0]: is no SHA-256; must be 64 lower-case hex digits: printf %s \"$TOKEN\" | sha256sum"},
      {"PairIsNotShown", "webhooks: [{basic_sha256: ['user:secret']}]",
       "f:1:28: webhooks[0].basic_sha256[0]: is no SHA-256; must be 64 lower-case hex digits: printf %s \"$USER:$PASSWORD\" | sha256sum"},
      {"Name", "webhooks: [{name: A/b}]",
       "f:1:19: webhooks[0].name: 'A/b' is no name; must be 1 to 63 letters, digits, '_' and '-', a letter first"},
      {"NameTwice", "webhooks: [{name: a}, {name: a}]",
       "f:1:30: webhooks[1].name: another webhook, webhooks[0], has this name; names must be unique"},
      {"UnknownSource", kSource + "webhooks: [{sources: [a, b]}]",
       "f:2:26: webhooks[0].sources[1]: no source has this name; write that of one of 'sources'"},
      {"Window", "webhooks: [{replay_window: 721h}]",
       "f:1:28: webhooks[0].replay_window: '721h' is out of range; must be 0s to 720h"},
  };
}
// clang-format on

TEST(DoorErrors, SayWhereAndWhatWouldBeRight) {
  for (const Case& wrong : Cases()) {
    const auto config = LoadText(wrong.yaml, "f", FakeEnvironment());
    ASSERT_FALSE(config.ok()) << wrong.name;
    EXPECT_EQ(std::string(config.status().message()), wrong.errors)
        << wrong.name;
  }
}

TEST(Doors, TakeWhatIsRight) {
  const std::string pem =
      "webhooks:\n  - name: a\n    sources: [default]\n    public_keys:\n"
      "      - |\n        -----BEGIN PUBLIC KEY-----\n        " +
      kKey + "\n        -----END PUBLIC KEY-----\n      - " + kKey +
      "\nhttp: {listen: ['0.0.0.0:80']}\n"
      "admin: {listen: ['0.0.0.0:81'], allow_insecure_bind: true}\n";
  const auto config = LoadText(pem, "f", FakeEnvironment());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->webhooks[0].public_keys.size(), 2u);
  const auto none = LoadText("webhooks: []\nhttp: {listen: ['0.0.0.0:80']}",
                             "f", FakeEnvironment());
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_TRUE(none->webhooks.empty());
  const auto closed = LoadText("http: {listen: []}\nadmin: {listen: []}", "f",
                               FakeEnvironment());
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_TRUE(closed->http.listen.empty());
  EXPECT_EQ(closed->webhooks.size(), 1u);
}

// Who asks for a token or password may be reached from other hosts, if the way
// there is covered.
TEST(Doors, MayAskForATokenBeyondLoopback) {
  const std::string hash(64, 'a');
  for (const std::string& asks :
       {"bearer_sha256: [" + hash + "]", "basic_sha256: [" + hash + "]",
        std::string("jwt: {issuer: i, audience: a, jwks_file: f}")}) {
    for (const std::string covered :
         {"tls: {cert: c, key: k}", "allow_insecure_bind: true"}) {
      const auto config = LoadText("http: {listen: ['0.0.0.0:80'], " + covered +
                                       "}\nwebhooks: [{" + asks + "}]\n",
                                   "f", FakeEnvironment());
      EXPECT_TRUE(config.ok()) << asks << ", " << covered << config.status();
    }
  }
}

TEST(Doors, KnowWhetherAnAddressWasAskedFor) {
  const auto asked = LoadText(
      "http: {listen: ['127.0.0.1:8080']}\nadmin: {listen: ['127.0.0.1:8081']}",
      "f", FakeEnvironment());
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_FALSE(asked->http.listen_is_default.value);
  EXPECT_FALSE(asked->admin.listen_is_default.value);
  const auto left = LoadText("http: {max_headers: 5}", "f", FakeEnvironment());
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_TRUE(left->http.listen_is_default.value);
  EXPECT_TRUE(left->admin.listen_is_default.value);
}

}  // namespace
}  // namespace segrid::config
