#include "server/app/reload_changes.h"

#include "gtest/gtest.h"

namespace segrid::app {
namespace {

config::Config Other() {
  config::Config other;
  other.data_dir = "elsewhere";
  other.grpc.listen = {"127.0.0.1:1"};
  other.grpc.tls.allowed_sans = {"a"};
  other.grpc.tokens = {{"hash", {"admin"}}};
  other.http.listen = {};
  other.http.tls.cert = "c";
  other.sources.resize(1);
  other.logging = {"debug", "text"};
  other.drain.grace = absl::Seconds(1);
  other.reload.interval = absl::Seconds(1);
  return other;
}

TEST(ReloadChanges, TakeOnlyWhatCanChange) {
  const config::Config now = WithReloadable(config::Config(), Other());
  EXPECT_EQ(Differences(config::Config(), now),
            "grpc.tls, grpc.tokens, logging.level, drain, reload");
  EXPECT_EQ(Differences(now, Other()),
            "data_dir, grpc, http.tls, http, sources, logging.format");
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
  EXPECT_EQ(Differences(now, to), "webhooks");
}

TEST(ReloadChanges, LeaveTlsOfTheWebhooksDoorOnOrOff) {
  config::Config plain, tls, other;
  tls.http.tls = {"cert", "key", "", {}};
  other.http.tls = {"cert2", "key2", "ca", {}};
  EXPECT_EQ(WithReloadable(plain, tls), plain);
  EXPECT_EQ(WithReloadable(tls, plain), tls);
  EXPECT_EQ(WithReloadable(tls, other), other);
  EXPECT_EQ(Differences(plain, tls), "http.tls");
}

TEST(ReloadChanges, LeaveAWebhookTheSourcesThatRun) {
  config::Config from;
  from.sources.resize(2);
  from.sources[0].name = "a";
  from.sources[1].name = "b";
  from.webhooks[0].sources = {"a"};
  config::Config to = from;
  to.webhooks[0].sources = {"b"};
  EXPECT_EQ(WithReloadable(from, to), to);
  to.sources[1].name = "c";
  to.webhooks[0].sources = {"b", "c"};
  to.webhooks[0].public_keys = {"key"};
  const config::Config now = WithReloadable(from, to);
  EXPECT_EQ(now.webhooks[0].sources, from.webhooks[0].sources);
  EXPECT_EQ(now.webhooks[0].public_keys, to.webhooks[0].public_keys);
  EXPECT_EQ(Differences(now, to), "webhooks, sources");
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
            "grpc.tokens, grpc, http.tls, http, webhooks");
}

}  // namespace
}  // namespace segrid::app
