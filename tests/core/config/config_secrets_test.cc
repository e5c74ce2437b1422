// A secret never shows up in a message or a description, wherever and however
// wrongly it was written.

#include <string>
#include <vector>

#include "core/config/describe.h"
#include "core/config/load.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/config/fake_environment.h"

namespace segrid::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Each of these is wrong and has the secret `hunter2` in it, in the text or
// behind ${SECRET} and ${file:/secret}.
std::vector<std::string> WrongWays() {
  return {
      "sources: [{name: a, write_key: 'hunter2 hunter2'}]",
      "sources: [{name: a, write_key: \"hunter2\\n\"}]",
      "sources: [{name: a, write_key: 'hunter2:'}]",
      "sources: [{name: a, write_key: hunter2é}]",
      "sources: [{name: a, write_key: [hunter2]}]",
      "sources: [{name: a, write_key: {hunter2: hunter2}}]",
      "sources: [{name: a, write_key: ' ${SECRET}'}]",
      "sources: [{name: a, write_key: ' ${file:/secret}'}]",
      "sources: [{name: a, write_key: '${hunter2:-x}'}]",
      "sources: [{name: a, write_key: '${hunter2-}'}]",
      "sources: [{name: a, write_key: '${hunter2'}]",
      "sources: [{name: a, write_key: *hunter2}]",
      "sources: [{name: a, write_key: &hunter2 x}]",
      "sources: [{name: a, write_key: !hunter2 x}]",
      "sources: [{name: a, write_key: !<hunter2> x}]",
      "sources: [{name: a, write_key: \"hunter2\\q\"}]",
      "sources: [{name: a, write_key: \"hunter2}]",
      "sources: [{name: a, write_key: x, write_key: hunter2}]",
      "sources: [{name: a, write_keyy: hunter2}]",
      "sources: [{name: a, write_key:hunter2}]",
      "sources: [write_key:hunter2]",
      "sources: write_key:hunter2",
      "sources:\n  - name: a\n    write_key:hunter2\n    region: us\n",
      "sources:\n  - name: a\n   write_key: hunter2\n",
      "write_key: hunter2",
      "sources: [{name: '${SECRET} ', write_key: k}]",
      "sources: [{name: a, write_key: k, region: '${SECRET}'}]",
      "sources: [{name: a, write_key: k, max_age: '${SECRET}'}]",
      "sources: [{name: a, write_key: k, gzip: '${SECRET}'}]",
      "sources: [{name: a, write_key: k, max_in_flight: '${SECRET}'}]",
      "sources: [{name: a, write_key: k, requests_per_second: '${SECRET}'}]",
      "sources: [{name: a, write_key: k, events: ['${file:/secret}']}]",
      "sources: [{name: a, write_key: k, custom_args: '${SECRET}'}]",
      "sources: [{name: a, write_key: k, path: '/${SECRET}'}]",
      "sources: [{name: a, write_key: k, endpoint: 'https://hunter2@a.b'}]",
      "sources: [{name: a, write_key: k, endpoint: 'https://a.b/?k=hunter2'}]",
      "sources: [{name: a, write_key: k, endpoint: 'hunter2'}]",
      "grpc: {listen: ['${SECRET}']}",
      "grpc: {max_message_bytes: '${SECRET}'}",
      "grpc: {tokens: [{sha256: hunter2}]}",
      "http: hunter2",
      "${SECRET}: 1\nwrite_key: hunter2",
  };
}

TEST(Secrets, NeverShowInErrors) {
  const Environment environment = FakeEnvironment(
      {{"SECRET", "hunter2"}}, {{"/secret", "hunter2\nhunter2\n"}});
  for (const std::string& yaml : WrongWays()) {
    const auto config = LoadText(yaml, "f", environment);
    ASSERT_FALSE(config.ok()) << yaml;
    EXPECT_THAT(config.status().ToString(), Not(HasSubstr("hunter2"))) << yaml;
  }
}

TEST(Secrets, AreMaskedInDescriptions) {
  const auto config = LoadText("sources: [{name: a, write_key: '${SECRET}'}]",
                               "f", FakeEnvironment({{"SECRET", "hunter2"}}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(Describe(*config), Not(HasSubstr("hunter2")));
  EXPECT_THAT(Describe(*config), HasSubstr("write_key: \"***\"\n"));
  const auto with_query = LoadText(
      "sources: [{name: a, receiver: http, endpoint: "
      "'https://a.b/c?code=hunter2'}]",
      "f", FakeEnvironment());
  ASSERT_TRUE(with_query.ok()) << with_query.status();
  EXPECT_EQ(with_query->sources[0].endpoint, "https://a.b/c?code=hunter2");
  EXPECT_THAT(Describe(*with_query),
              AllOf(Not(HasSubstr("hunter2")),
                    HasSubstr("endpoint: \"https://a.b/c?***\"\n")));
}

// Each kind is named where it was pasted, and none of it is shown.
TEST(Secrets, OfAnotherKindAreNamedAsWhatTheyAre) {
  const std::string pem =
      "-----BEGIN PRIVATE KEY-----\\nhunter2\\n-----END PRIVATE KEY-----";
  const struct {
    std::string yaml, message;
  } kCases[] = {
      {"sources: [{name: a, write_key: SG.hunter2.hunter2}]",
       "sources[0].write_key: is an API key of SendGrid's"},
      {"sources: [{name: a, write_key: \"" + pem + "\"}]",
       "sources[0].write_key: is a private key"},
      {"sources: [{name: a, write_key: /etc/hunter2/key.pem}]",
       "sources[0].write_key: is the path of a file; write ${file:/path}"},
      {"sources: [{name: a, write_key: '${CERTIFICATE}'}]",
       "sources[0].write_key: is a certificate"},
      {"sources: [{name: a, write_key: eyJhbGc.hunter2.hunter2}]",
       "sources[0].write_key: is a JWT"},
      {"webhooks: [{name: a, public_keys: [SG.hunter2.hunter2]}]",
       "webhooks[0].public_keys[0]: is no verification key: this is an API key "
       "of SendGrid's"},
      {"webhooks: [{name: a, public_keys: [\"" + pem + "\"]}]",
       "this is a private key; replace it, and keep it secret"},
      {"webhooks: [{name: a, public_keys: ['${CERTIFICATE}']}]",
       "this is a certificate"},
      {"webhooks: [{name: a, bearer_sha256: [SG.hunter2.hunter2]}]",
       "webhooks[0].bearer_sha256[0]: is an API key of SendGrid's; must be 64"},
      {"grpc: {tokens: [{sha256: SG.hunter2, roles: [admin]}]}",
       "grpc.tokens[0].sha256: is an API key of SendGrid's; must be 64"},
      {"grpc: {tls: {cert: \"" + pem + "\", key: k}}",
       "grpc.tls.cert: is a PEM itself"},
      {"sources: [{name: a, write_key: k, client_cert: c, client_key: \"" +
           pem + "\"}]",
       "sources[0].client_key: is a PEM itself"},
      {"sources: [{name: a, write_key: k, ca_file: '${CERTIFICATE}'}]",
       "sources[0].ca_file: is a PEM itself"},
  };
  const Environment environment = FakeEnvironment(
      {{"CERTIFICATE",
        "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n"}});
  for (const auto& each : kCases) {
    const std::string message =
        LoadText(each.yaml, "f", environment).status().ToString();
    EXPECT_THAT(message, HasSubstr(each.message));
    EXPECT_THAT(message, Not(HasSubstr("hunter2"))) << each.yaml;
  }
}

TEST(Secrets, AreNotTakenFromAMask) {
  const auto config = LoadText("sources: [{name: a, write_key: '***'}]", "f",
                               FakeEnvironment());
  EXPECT_EQ(std::string(config.status().message()),
            "f:1:32: sources[0].write_key: is the mask of a secret, not the "
            "secret; write ${ENV_NAME} or ${file:/path}");
  const auto query = LoadText(
      "sources: [{name: a, receiver: http, endpoint: 'https://a.b/c?***'}]",
      "f", FakeEnvironment());
  EXPECT_EQ(std::string(query.status().message()),
            "f:1:47: sources[0].endpoint: has the mask of a query, not the "
            "query; write the whole URL");
}

}  // namespace
}  // namespace segrid::config
