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

TEST(Warnings, ToldWhereAConditionOrAPrefixHasNoEffect) {
  const struct {
    const char* keys;
    const char* warning;  // nullptr: none.
  } rows[] = {
      {"only: {event: [open, dropped, deferred]}", nullptr},
      {"only: {event: drop}",
       "sources[0].only[0].event: 'drop' fits nothing, because it is no event "
       "that SendGrid posts and a source takes; SendGrid's name for it is "
       "'dropped'"},
      {"only: {event: delivrd}",
       "sources[0].only[0].event: 'delivrd' fits nothing, because it is no "
       "event that SendGrid posts and a source takes; did you mean "
       "'delivered'?"},
      {"not: [{event: open}, {event: [machine_opened]}]",
       "sources[0].not[1].event: 'machine_opened' fits nothing, because it is "
       "no event that SendGrid posts and a source takes; SendGrid's name for "
       "it is 'open', with sg_machine_open: true beside it"},
      {"custom_args: all, custom_args_prefix: a_", nullptr},
      {"custom_args: [plan], custom_args_prefix: a_", nullptr},
      {"custom_args_prefix: a_",
       "sources[0].custom_args_prefix: goes before no name, because "
       "custom_args is none; remove it, or set custom_args to all or a list"},
      {"custom_args: {plan: tier}, custom_args_prefix: a_",
       "sources[0].custom_args_prefix: goes before no name, because "
       "custom_args is a map, which gives the whole names; remove it, or set "
       "custom_args to all or a list"},
  };
  for (const auto& row : rows) {
    const std::vector<std::string> warnings = WarningsOf(row.keys);
    ASSERT_EQ(warnings.size(), row.warning == nullptr ? 0u : 1u) << row.keys;
    if (row.warning == nullptr) continue;
    EXPECT_EQ(warnings[0], row.warning);
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
