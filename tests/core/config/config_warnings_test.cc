// What a valid configuration is warned of.

#include <string>
#include <vector>

#include "core/config/load.h"
#include "core/config/warnings.h"
#include "gtest/gtest.h"
#include "tests/core/config/fake_environment.h"

namespace segrid::config {
namespace {

std::vector<std::string> WarningsOf(const std::string& keys) {
  const auto config =
      LoadText("sources: [{name: a, write_key: k, " + keys + "}]", "f",
               FakeEnvironment());
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? Warnings(*config) : std::vector<std::string>();
}

TEST(Warnings, ToldWhereAnOmittedAddressMayComeBack) {
  const struct {
    const char* keys;
    const char* ways;  // nullptr: no warning.
  } rows[] = {
      {"gzip: true", nullptr},
      {"personal: {email: omit}", nullptr},
      {"personal: {email: omit}, extra_properties: [status, x_message_id]",
       nullptr},
      {"personal: {email: omit}, custom_args: none", nullptr},
      {"personal: {email: omit}, custom_args: []", nullptr},
      {"personal: {ip: omit}, extra_properties: [reason]", nullptr},
      {"extra_properties: [reason], custom_args: all", nullptr},
      {"personal: {email: omit}, extra_properties: [reason]", "reason"},
      {"personal: {email: omit}, extra_properties: [response, smtp-id]",
       "response, smtp-id"},
      {"personal: {email: omit}, custom_args: all", "custom_args"},
      {"personal: {email: omit}, custom_args: [plan]", "custom_args"},
      {"personal: {email: omit}, custom_args: {plan: tier}", "custom_args"},
  };
  for (const auto& row : rows) {
    const std::vector<std::string> warnings = WarningsOf(row.keys);
    if (row.ways == nullptr) {
      EXPECT_TRUE(warnings.empty()) << row.keys;
      continue;
    }
    ASSERT_EQ(warnings.size(), 1u) << row.keys;
    EXPECT_EQ(warnings[0],
              "sources[0].personal.email: is omit, but " +
                  std::string(row.ways) +
                  " of source 'a' may hold addresses, too; leave them out "
                  "where that matters");
  }
}

TEST(Warnings, ToldWhereAReplayIsOlderThanTheIdsThatAreKept) {
  const auto config = LoadText(
      "webhooks: [{name: a, replay_window: 30h}, {name: b, replay_window: 0s},"
      " {name: c}]\nsources: []\n",
      "f", FakeEnvironment());
  ASSERT_TRUE(config.ok()) << config.status();
  const std::vector<std::string> warnings = Warnings(*config);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0],
            "webhook a takes posts that were signed up to 30h ago, but message "
            "ids are kept for 26h only: an older post that is sent again is "
            "accepted again; raise queue.dedup_window or shorten "
            "replay_window");
}

}  // namespace
}  // namespace segrid::config
