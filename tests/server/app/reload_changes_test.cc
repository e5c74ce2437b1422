#include "server/app/reload_changes.h"

#include <string>
#include <vector>

#include "core/config/changes.h"
#include "gtest/gtest.h"

namespace segrid::app {
namespace {

std::string Differences(const config::Config& a, const config::Config& b) {
  return config::KeysOf(config::ChangesBetween(a, b));
}

config::Config Other() {
  config::Config other;
  other.data_dir = "elsewhere";
  other.grpc.listen = {"127.0.0.1:1"};
  other.grpc.tls.allowed_sans = {"a"};
  other.grpc.tokens = {{"hash", {"admin"}}};
  other.http.listen = {};
  other.http.tls.cert = "c";
  other.sources.resize(1);
  other.sources[0].name = "a";
  other.logging = {"debug", "text"};
  other.drain.grace = absl::Seconds(1);
  other.reload.interval = absl::Seconds(1);
  return other;
}

TEST(ReloadChanges, TakeOnlyWhatCanChange) {
  const config::Config now = WithReloadable(config::Config(), Other());
  EXPECT_EQ(Differences(config::Config(), now),
            "grpc.tls.allowed_sans, grpc.tokens, sources[a], logging.level, "
            "drain.grace, reload.interval, sources");
  EXPECT_EQ(Differences(now, Other()),
            "data_dir, grpc.listen, http.listen, http.tls.cert, "
            "logging.format");
}

TEST(ReloadChanges, AreNoneBetweenEquals) {
  EXPECT_EQ(Differences(Other(), Other()), "");
  EXPECT_EQ(WithReloadable(Other(), Other()), Other());
}

TEST(ReloadChanges, FollowWebhooksByName) {
  config::Config from;
  from.webhooks.resize(1);
  from.webhooks[0].name = "a";
  config::Config to = from;
  to.webhooks[0].public_keys = {"key"};
  to.webhooks.resize(2);
  to.webhooks[1].name = "b";
  const config::Config now = WithReloadable(from, to);
  ASSERT_EQ(now.webhooks.size(), 1u);
  EXPECT_EQ(now.webhooks[0], to.webhooks[0]);
  EXPECT_EQ(Differences(now, to), "webhooks[b]");
}

TEST(ReloadChanges, LeaveTlsOfTheWebhooksDoorOnOrOff) {
  config::Config plain, tls, other;
  tls.http.tls = {"cert", "key", "", {}};
  other.http.tls = {"cert2", "key2", "ca", {}};
  EXPECT_EQ(WithReloadable(plain, tls), plain);
  EXPECT_EQ(WithReloadable(tls, plain), tls);
  EXPECT_EQ(WithReloadable(tls, other), other);
  EXPECT_EQ(Differences(plain, tls), "http.tls.cert, http.tls.key");
}

TEST(ReloadChanges, TakeAWebhookAway) {
  config::Config from;
  from.webhooks.resize(2);
  from.webhooks[0].name = "a";
  from.webhooks[1].name = "b";
  config::Config to = from;
  to.webhooks.erase(to.webhooks.begin());
  EXPECT_EQ(WithReloadable(from, to), to);
}

TEST(ReloadChanges, TakeAllOfASource) {
  config::Config from;
  from.sources.resize(2);
  from.sources[0].name = "a";
  from.sources[1].name = "b";
  from.webhooks[0].sources = {"a"};
  config::Config to = from;
  to.sources[0].events = {"open"};
  to.sources[1].name = "c";
  to.webhooks[0].sources = {"a", "c"};
  EXPECT_EQ(WithReloadable(from, to), to);
  EXPECT_EQ(RemovedLanes(from, to), std::vector<std::string>({"b"}));
  // What only transforms otherwise goes on delivering.
  ASSERT_EQ(ChangedSources(from, to).size(), 1u);
  EXPECT_EQ(ChangedSources(from, to)[0].name, "c");
  to.sources[0].write_key = base::Secret("another");
  EXPECT_EQ(ChangedSources(from, to).size(), 2u);
}

// The old address stays open until the restart.
TEST(ReloadChanges, LeaveADoorClosedThatIsOnlyMeantToBecomeLocal) {
  config::Config from;
  from.grpc.listen = {"0.0.0.0:1"};
  from.grpc.allow_insecure_bind = true;
  from.grpc.tokens = {{"hash", {"admin"}}};
  from.http.listen = {"127.0.0.1:2", "0.0.0.0:2"};
  from.http.tls = {"cert", "key", "ca", {}};
  from.webhooks[0].public_keys = {"key"};
  config::Config to = from;
  to.grpc.tokens.clear();
  to.http.tls.client_ca = "";
  to.webhooks[0].public_keys = {"other"};
  EXPECT_EQ(WithReloadable(from, to), to);
  to.grpc.listen = {"127.0.0.1:1"};
  to.http.listen = {"127.0.0.1:2"};
  to.webhooks[0].public_keys = {};
  EXPECT_EQ(WithReloadable(from, to), from);
  EXPECT_EQ(Differences(from, to),
            "grpc.listen, grpc.tokens, http.listen, http.tls.client_ca, "
            "webhooks[default].public_keys");
}

}  // namespace
}  // namespace segrid::app
