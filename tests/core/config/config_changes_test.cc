#include <string>
#include <vector>

#include "core/config/changes.h"
#include "gtest/gtest.h"

namespace segrid::config {
namespace {

Config TwoSources() {
  Config config;
  config.sources.resize(2);
  config.sources[0].name = "a";
  config.sources[0].write_key = base::Secret("first-key");
  config.sources[1].name = "b";
  config.webhooks[0].public_keys = {"key"};
  config.webhooks[0].replay_window = absl::Minutes(10);
  config.grpc.tokens = {{"hash", {"admin"}}};
  return config;
}

// All of a change in a line.
std::string Text(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) {
    text += change.key + ": " + change.from + " -> " + change.to +
            (change.weakens ? " (weakens)" : "") + "\n";
  }
  return text;
}

TEST(ConfigChanges, NameTheKeyAndBothValues) {
  const struct {
    const char* name;
    void (*change)(Config& config);
    const char* text;
  } kCases[] = {
      {"nothing", [](Config&) {}, ""},
      {"a secret",
       [](Config& c) { c.sources[0].write_key = base::Secret("second-key"); },
       "sources[a].write_key: *** -> ***\n"},
      {"a duration", [](Config& c) { c.drain.grace = absl::Seconds(1); },
       "drain.grace: 20s -> 1s\n"},
      {"a size", [](Config& c) { c.max_bytes_in_flight = 1 << 20; },
       "max_bytes_in_flight: 384MiB -> 1MiB\n"},
      {"a list",
       [](Config& c) {
         c.sources[1].events = {"open", "click"};
       },
       "sources[b].events: (none) -> [open, click]\n"},
      {"a hidden list",
       [](Config& c) {
         c.webhooks[0].public_keys = {"k", "l"};
       },
       "webhooks[default].public_keys: 1 x *** -> 2 x ***\n"},
      {"a hidden list that is gone",
       [](Config& c) { c.webhooks[0].public_keys.clear(); },
       "webhooks[default].public_keys: 1 x *** -> (none) (weakens)\n"},
      {"a nameless list",
       [](Config& c) { c.grpc.tokens[0].roles = {"forward"}; },
       "grpc.tokens: 1 element -> 1 element\n"},
      {"a nameless list that is gone", [](Config& c) { c.grpc.tokens.clear(); },
       "grpc.tokens: 1 element -> (none) (weakens)\n"},
      {"a permission", [](Config& c) { c.admin.allow_insecure_bind = true; },
       "admin.allow_insecure_bind: false -> true (weakens)\n"},
      {"a longer window",
       [](Config& c) { c.webhooks[0].replay_window = absl::Hours(26); },
       "webhooks[default].replay_window: 10m -> 26h (weakens)\n"},
      {"a shorter window",
       [](Config& c) { c.webhooks[0].replay_window = absl::Seconds(90); },
       "webhooks[default].replay_window: 10m -> 1m30s\n"},
      {"no window",
       [](Config& c) { c.webhooks[0].replay_window = absl::ZeroDuration(); },
       "webhooks[default].replay_window: 10m -> 0s (weakens)\n"},
      {"a source that comes",
       [](Config& c) { c.sources.emplace_back().name = std::string("c"); },
       "sources[c]: (none) -> added\n"},
      {"a source that goes", [](Config& c) { c.sources.pop_back(); },
       "sources[b]: there -> (none)\n"},
      {"another order",
       [](Config& c) { std::swap(c.sources[0], c.sources[1]); }, ""},
  };
  for (const auto& each : kCases) {
    Config now = TwoSources();
    each.change(now);
    EXPECT_EQ(Text(ChangesBetween(TwoSources(), now)), each.text) << each.name;
  }
}

TEST(ConfigChanges, ListTheirKeysInOneLine) {
  Config now = TwoSources();
  now.grpc.listen = {"127.0.0.1:1"};
  now.sources.pop_back();
  EXPECT_EQ(KeysOf(ChangesBetween(TwoSources(), now)),
            "grpc.listen, sources[b]");
  EXPECT_EQ(KeysOf({}), "");
}

TEST(ConfigChanges, TellDeliveryFromTransform) {
  Source before;
  Source now = before;
  now.events = {"open"};
  now.custom_args.mode = CustomArgs::Mode::kAll;
  EXPECT_FALSE(DeliversOtherwise(before, now));
  now.write_key = base::Secret("key");
  EXPECT_TRUE(DeliversOtherwise(before, now));
  now = before;
  now.max_in_flight = 5;
  EXPECT_TRUE(DeliversOtherwise(before, now));
}

}  // namespace
}  // namespace segrid::config
