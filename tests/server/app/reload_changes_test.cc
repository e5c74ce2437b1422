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
            "grpc.listen, grpc.tls.allowed_sans, grpc.tokens, http.listen, "
            "sources[a], logging.level, drain.grace, reload.interval, sources");
  EXPECT_EQ(Differences(now, Other()),
            "data_dir, grpc.listen, http.tls.cert, logging.format");
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
  EXPECT_EQ(WithReloadable(from, to), to);
}

TEST(ReloadChanges, CloseAddressesAndOpenNone) {
  config::Config from;
  from.grpc.listen = {"127.0.0.1:1", "127.0.0.1:2"};
  from.http.listen = {"127.0.0.1:3"};
  from.admin.listen = {"127.0.0.1:4", "127.0.0.1:5"};
  config::Config to = from;
  to.grpc.listen = {"127.0.0.1:2", "127.0.0.1:6"};
  to.http.listen = {};
  to.admin.listen = {"127.0.0.1:5"};
  const config::Config now = WithReloadable(from, to);
  EXPECT_EQ(now.grpc.listen, std::vector<std::string>({"127.0.0.1:2"}));
  EXPECT_EQ(now.http.listen, to.http.listen);
  EXPECT_EQ(now.admin.listen, to.admin.listen);
  EXPECT_EQ(Differences(now, to), "grpc.listen");
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
}

// Who came through the public address may still be connected.
TEST(ReloadChanges, AskNoLessOfCallersWhenAPublicAddressGoes) {
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
  const config::Config now = WithReloadable(from, to);
  EXPECT_EQ(Differences(from, now), "grpc.listen, http.listen");
  EXPECT_EQ(now.http.listen, to.http.listen);
  EXPECT_EQ(Differences(now, to),
            "grpc.listen, grpc.tokens, http.tls.client_ca, "
            "webhooks[default].public_keys");
  // The next reload takes the rest.
  EXPECT_EQ(Differences(WithReloadable(now, to), to), "grpc.listen");
}

}  // namespace
}  // namespace segrid::app
