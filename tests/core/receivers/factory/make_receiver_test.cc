#include "core/receivers/factory/make_receiver.h"

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/error_info.h"
#include "core/config/load.h"
#include "core/pool/thread_pool.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::receivers {
namespace {

class MakeReceiverTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Receiver>> Make(config::Source source) {
    return MakeReceiver(source, {.io = pool_->io(),
                                 .clock = clock_,
                                 .data_dir = scratch_.Path("data")});
  }

  tests::ScratchDir scratch_;
  base::SystemClock clock_;
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(1);
};

TEST_F(MakeReceiverTest, MakesEachKind) {
  config::Source source;
  source.name = "prod";
  const auto segment = Make(source);
  ASSERT_TRUE(segment.ok()) << segment.status();
  EXPECT_EQ((*segment)->endpoint(), "https://api.segment.io/v1/batch");

  source.endpoint = "https://cdp.example:8443/v1";
  EXPECT_EQ((*Make(source))->endpoint(), "https://cdp.example:8443/v1/batch");

  source.receiver = "file";
  source.path = "tracks.ndjson";
  const auto file = Make(source);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->endpoint(), scratch_.Path("data/tracks.ndjson"));
}

TEST_F(MakeReceiverTest, KeepsFilesBelowTheDataDirectory) {
  config::Source source;
  source.name = "local";
  source.receiver = "file";
  source.path = "a/b/tracks.ndjson";
  EXPECT_EQ((*Make(source))->endpoint(),
            scratch_.Path("data/a/b/tracks.ndjson"));
  EXPECT_TRUE(std::filesystem::exists(scratch_.Path("data/a/b/tracks.ndjson")));
}

TEST_F(MakeReceiverTest, GivesEachItsSettings) {
  config::Source source;
  source.name = "prod";
  for (const char* receiver :
       {"segment", "rudderstack", "jitsu", "hightouch", "customerio", "http"}) {
    source.receiver = receiver;
    source.endpoint = "https://a.example/v1";
    EXPECT_EQ((*Make(source))->endpoint(), receiver == std::string("http")
                                               ? "https://a.example/v1"
                                               : "https://a.example/v1/batch")
        << receiver;
    source.proxy = "proxy";
    EXPECT_EQ(base::ReasonOf(Make(source).status()), "BAD_PROXY");
    source.proxy = "http://proxy:3128";
    EXPECT_TRUE(Make(source).ok());
    source.client_cert = "/no/such/cert";
    EXPECT_EQ(base::ReasonOf(Make(source).status()), "BAD_CLIENT_CERT");
    source.client_cert.clear();
    source.ca_file = "/no/such/ca";
    EXPECT_EQ(base::ReasonOf(Make(source).status()), "BAD_CA_FILE");
    source.ca_file.clear();
    source.endpoint = "http://127.0.0.1:1";
    EXPECT_EQ(base::ReasonOf(Make(source).status()), "BAD_ENDPOINT");
    source.allow_http = true;
    EXPECT_TRUE(Make(source).ok());
    source.allow_http = false;
  }
}

// What the configuration allows without an endpoint has an address.
TEST_F(MakeReceiverTest, AgreesWithTheConfigurationAboutAddresses) {
  for (const std::string receiver :
       {"segment", "rudderstack", "jitsu", "hightouch", "customerio"}) {
    for (const std::string region : {"us", "eu"}) {
      const auto config = config::LoadText(
          "sources: [{name: prod, write_key: k, receiver: " + receiver +
              ", region: " + region + "}]",
          "f", config::ProcessEnvironment());
      config::Source source;
      source.name = "prod";
      source.receiver = receiver;
      source.region = region;
      EXPECT_EQ(config.ok(), Make(source).ok())
          << receiver << " " << region << " " << config.status();
    }
  }
}

TEST_F(MakeReceiverTest, GivesHttpItsLimits) {
  config::Source source;
  source.name = "any";
  source.receiver = "http";
  source.endpoint = "https://a.example/hook/";
  source.max_batch_messages = 7;
  source.max_batch_bytes = 64 << 10;
  const auto receiver = Make(source);
  ASSERT_TRUE(receiver.ok()) << receiver.status();
  EXPECT_EQ((*receiver)->endpoint(), "https://a.example/hook/");
  EXPECT_EQ((*receiver)->limits().max_batch_messages, 7);
  EXPECT_EQ((*receiver)->limits().max_batch_bytes, 64 << 10);
  source.receiver = "segment";
  EXPECT_EQ((*Make(source))->limits().max_batch_messages, 2'500);
}

TEST_F(MakeReceiverTest, TakesTheProxyOfTheEnvironment) {
  config::Source source;
  source.name = "prod";
  std::string value = "http://p:1";
  const http::Variables variable = [&value](const std::string& name) {
    return name == "HTTPS_PROXY" ? std::optional(value) : std::nullopt;
  };
  const auto make = [&] {
    return MakeReceiver(source, {.io = pool_->io(),
                                 .clock = clock_,
                                 .data_dir = scratch_.Path("data"),
                                 .variable = variable});
  };
  EXPECT_TRUE(make().ok());
  value = "socks5://p:1";
  EXPECT_EQ(base::ReasonOf(make().status()), "BAD_PROXY");
  EXPECT_EQ(base::ReasonOf(WayOf(source, variable).status()), "BAD_PROXY");
  source.proxy = "none";
  EXPECT_TRUE(make().ok());
}

TEST(WayOf, SaysWhereASourcesTracksGoAndHow) {
  const http::Variables variable = [](const std::string& name) {
    return name == "HTTPS_PROXY" ? std::optional<std::string>("u:canary@p:1")
                                 : std::nullopt;
  };
  config::Source source;
  Way way = WayOf(source, variable).value();
  EXPECT_EQ(way.url, "https://api.segment.io/v1/batch");
  EXPECT_EQ(way.proxy, "p:1");
  EXPECT_EQ(way.variable, "HTTPS_PROXY");
  EXPECT_FALSE(way.in_the_clear);

  source.proxy = "http://mine:3128";
  way = WayOf(source, variable).value();
  EXPECT_EQ(way.proxy, "mine:3128");
  EXPECT_EQ(way.variable, "");

  source.proxy = "none";
  source.region = "eu";
  way = WayOf(source, variable).value();
  EXPECT_EQ(way.url, "https://events.eu1.segmentapis.com/v1/batch");
  EXPECT_EQ(way.proxy, "");

  source.receiver = "jitsu";
  source.endpoint = "https://h/api/s/s2s";
  EXPECT_EQ(WayOf(source, variable)->url, "https://h/api/s/s2s/v1/batch");
  source.allow_http = true;
  source.endpoint = "http://collector.internal/x";
  EXPECT_TRUE(WayOf(source, variable)->in_the_clear);
  source.endpoint = "http://127.0.0.1/x";
  EXPECT_FALSE(WayOf(source, variable)->in_the_clear);

  source.receiver = "file";
  source.path = "t.ndjson";
  EXPECT_EQ(WayOf(source, variable)->url, "t.ndjson");
}

TEST_F(MakeReceiverTest, NamesTheSourceThatIsWrong) {
  config::Source source;
  source.name = "prod";
  source.receiver = "pigeon";
  EXPECT_EQ(base::ReasonOf(Make(source).status()), "UNKNOWN_RECEIVER");
  EXPECT_THAT(std::string(Make(source).status().message()),
              ::testing::HasSubstr("'prod'"));
  source.receiver = "segment";
  source.endpoint = "gopher://x";
  EXPECT_EQ(base::ReasonOf(Make(source).status()), "BAD_ENDPOINT");
}

}  // namespace
}  // namespace segrid::receivers
