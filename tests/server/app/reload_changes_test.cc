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
            "grpc.tls, grpc.tokens, http, logging.level, drain, reload");
  EXPECT_EQ(Differences(now, Other()),
            "data_dir, grpc, http, sources, logging.format");
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

}  // namespace
}  // namespace segrid::app
