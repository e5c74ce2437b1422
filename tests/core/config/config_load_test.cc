#include <string>

#include "core/base/error_info.h"
#include "core/config/describe.h"
#include "core/config/load.h"
#include "core/config/source_tag.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/config/fake_environment.h"
#include "tests/core/crypto/rsa_key_pair.h"

namespace segrid::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The configuration of a text that has to be right.
Config Loaded(const std::string& yaml,
              const Environment& environment = FakeEnvironment()) {
  const auto config = LoadText(yaml, "f", environment);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *config : Config();
}

TEST(Load, TakesTokensAndNamesOfCertificates) {
  const std::string hash(64, 'a');
  const Config config = Loaded(
      "grpc:\n"
      "  tls: {cert: c, key: k, client_ca: a, allowed_sans: [api.example.com, "
      "'spiffe://example.com/api']}\n"
      "  tokens: [{sha256: " +
      hash + ", roles: [forward, admin]}]\n");
  EXPECT_THAT(config.grpc.tls.allowed_sans,
              ElementsAre("api.example.com", "spiffe://example.com/api"));
  ASSERT_EQ(config.grpc.tokens.size(), 1u);
  EXPECT_EQ(config.grpc.tokens[0].sha256, hash);
  EXPECT_THAT(config.grpc.tokens[0].roles, ElementsAre("forward", "admin"));
}

TEST(Load, TakesEveryKey) {
  const Config config = Loaded(R"(
data_dir: /var/lib/segrid
grpc:
  listen: ["0.0.0.0:50051", "unix:/run/segrid.sock"]
  tls: {cert: c.pem, key: k.pem, client_ca: ca.pem}
  unix_peers: [{uid: 0, roles: [admin]}, {gid: 990, roles: [transform]}]
  max_waiting_calls: 5
  max_handshakes: 6
  max_handshakes_per_peer: 7
  max_message_bytes: 1048576
  max_events: 500
queue: {store: memory, max_bytes: 2GiB, dedup_window: 90m, dedup_memory: 500MB}
sources:
  - name: prod
    write_key: literal
    endpoint: https://events.example.com:8443/v1
    receiver: segment
    events: [click, deferred]
    email_types: [automation]
    email_hash: as_received
    email_subject_from: [title]
    extra_properties: [reason, smtp-id]
    custom_args: [plan, none]
    user_id_from: uid
    spec_context: true
    gzip: false
    max_age: 1h30m
    expire_while_paused: true
    requests_per_second: 0.5
    events_per_second: 12.5
    max_in_flight: 64
    ca_file: ca.pem
    client_cert: cc.pem
    client_key: ck.pem
    allow_http: true
    proxy: http://proxy.internal:3128
    proxy_auth: "user:päss word:"
    connect_timeout: 2s
    request_timeout: 20s
    rotate_bytes: 1MiB
    rotate_age: 1h
    rotate_keep: 3
    database: postgresql://loader@db/analytics
    database_password: pgword
    schema: mail
    create_tables: false
    keep: 400d
    max_columns: 100
logging: {level: debug, format: text}
drain: {delay: 250ms, grace: 1m}
)");
  Config want;
  want.data_dir = "/var/lib/segrid";
  want.grpc.listen = {"0.0.0.0:50051", "unix:/run/segrid.sock"};
  want.grpc.tls.cert = "c.pem";
  want.grpc.tls.key = "k.pem";
  want.grpc.tls.client_ca = "ca.pem";
  want.grpc.max_message_bytes = 1 << 20;
  want.grpc.max_events = 500;
  want.grpc.unix_peers = {{0, -1, {"admin"}}, {-1, 990, {"transform"}}};
  want.grpc.max_waiting_calls = 5;
  want.grpc.max_handshakes = 6;
  want.grpc.max_handshakes_per_peer = 7;
  want.queue.max_bytes = std::int64_t{2} << 30;
  want.queue.dedup_window = absl::Minutes(90);
  want.webhooks[0].replay_window = absl::Minutes(90);  // Nobody chose it.
  want.queue.dedup_memory_bytes = 500'000'000;
  want.queue.store = Queue::Store::kMemory;
  Source& source = want.sources.emplace_back();
  source.name = "prod";
  source.write_key = base::Secret("literal");
  source.region = "";
  source.endpoint = "https://events.example.com:8443/v1";
  source.events = {"click", "deferred"};
  source.email_types = {"automation"};
  source.email_hash = EmailHash::kAsReceived;
  source.email_subject_from = {"title"};
  source.extra_properties = {"reason", "smtp-id"};
  source.custom_args = {CustomArgs::Mode::kNamed, {"plan", "none"}, {}};
  source.user_id_from = "uid";
  source.spec_context = true;
  source.gzip = false;
  source.max_age = absl::Minutes(90);
  source.expire_while_paused = true;
  source.requests_per_second = 0.5;
  source.events_per_second = 12.5;
  source.max_in_flight = 64;
  source.ca_file = "ca.pem";
  source.client_cert = "cc.pem";
  source.client_key = "ck.pem";
  source.allow_http = true;
  source.proxy = "http://proxy.internal:3128";
  source.proxy_auth = base::Secret("user:päss word:");
  source.connect_timeout = absl::Seconds(2);
  source.request_timeout = absl::Seconds(20);
  source.rotate_bytes = 1 << 20;
  source.rotate_age = absl::Hours(1);
  source.rotate_keep = 3;
  source.database = "postgresql://loader@db/analytics";
  source.database_password = base::Secret("pgword");
  source.schema = "mail";
  source.create_tables = false;
  source.keep = absl::Hours(9600);
  source.max_columns = 100;
  want.logging = {"debug", "text"};
  want.drain = {absl::Milliseconds(250), absl::Minutes(1)};
  EXPECT_EQ(config, want);
}

TEST(Load, TakesMapsPrefixesRoutesAndPersonalData) {
  const Config config = Loaded(R"(
sources:
  - name: a
    write_key: k
    custom_args: {plan: tier, mail: campaign_name}
    only: {category: [newsletter], custom_args: {env: [production, 1]},
           pool: main, sg_user_id: [123], tls: [true]}
    not:
      - {event: [open]}
      - {custom_args: {env: staging}}
    personal: {email: omit, ip: truncate}
  - name: b
    write_key: k
    custom_args: [id, plan]
    custom_args_prefix: arg_
    extra_properties: [x_message_id]
    only: []
)");
  const Source& a = config.sources[0];
  EXPECT_EQ(a.custom_args,
            (CustomArgs{CustomArgs::Mode::kMapped,
                        {},
                        {{"plan", "tier"}, {"mail", "campaign_name"}}}));
  EXPECT_EQ(a.only, (std::vector<Route>{{{{"category", {"newsletter"}},
                                          {"pool", {"main"}},
                                          {"sg_user_id", {"123"}},
                                          {"tls", {"true"}}},
                                         {{"env", {"production", "1"}}}}}));
  EXPECT_EQ(a.except, (std::vector<Route>{{{{"event", {"open"}}}, {}},
                                          {{}, {{"env", {"staging"}}}}}));
  EXPECT_EQ(a.personal.email, "omit");
  EXPECT_EQ(a.personal.ip, "truncate");
  EXPECT_EQ(a.personal.link_query, "keep");
  const Source& b = config.sources[1];
  EXPECT_EQ(b.custom_args_prefix, "arg_");
  EXPECT_EQ(b.extra_properties, std::vector<std::string>{"x_message_id"});
  EXPECT_TRUE(b.only.empty());
}

TEST(Load, KeepsDefaultsOfAbsentKeys) {
  const Config config = Loaded("sources: [{name: a, write_key: k}]");
  Config want;
  want.sources.emplace_back().name = "a";
  want.sources[0].write_key = base::Secret("k");
  EXPECT_EQ(config, want);
}

TEST(Load, TakesSectionsWithoutKeys) {
  EXPECT_EQ(Loaded("grpc:\ndrain:\n"), *Defaults(FakeEnvironment()));
}

TEST(Load, TakesAByteOrderMarkAndWindowsLineEnds) {
  EXPECT_EQ(Loaded("\xEF\xBB\xBF"
                   "data_dir: a\r\ndrain: {grace: 1s}\r\n")
                .data_dir,
            "a");
}

TEST(Load, TakesCustomArgsInThreeForms) {
  const auto args = [](const std::string& value) {
    return Loaded("sources: [{name: a, write_key: k, custom_args: " + value +
                  "}]")
        .sources.at(0)
        .custom_args;
  };
  EXPECT_EQ(args("none"), (CustomArgs{CustomArgs::Mode::kNone, {}}));
  EXPECT_EQ(args("all"), (CustomArgs{CustomArgs::Mode::kAll, {}}));
  EXPECT_EQ(args("[all]"), (CustomArgs{CustomArgs::Mode::kNamed, {"all"}}));
}

TEST(Load, InterpolatesValuesOfAnyType) {
  const Environment environment = FakeEnvironment(
      {{"NUMBER", "7"}, {"FLAG", "false"}, {"AGE", "2h"}, {"NAME", "click"}},
      {{"/run/key", "s3cret\r\n"}});
  const Source source =
      Loaded(
          "sources: [{name: a, write_key: '${file:/run/key}', gzip: '${FLAG}', "
          "max_in_flight: '${NUMBER}', max_age: '${AGE}', events: "
          "['${NAME}']}]",
          environment)
          .sources.at(0);
  EXPECT_EQ(source.write_key.Reveal(), "s3cret");
  EXPECT_FALSE(source.gzip);
  EXPECT_EQ(source.max_in_flight, 7);
  EXPECT_EQ(source.max_age, absl::Hours(2));
  EXPECT_THAT(source.events, ElementsAre("click"));
}

TEST(Load, TakesNamesWithCapitalsAndALabelOfAnyText) {
  const Source source =
      Loaded(
          "sources: [{name: Sendgrid_Prod, label: 'Märkte: 100 %', "
          "write_key: k}]")
          .sources.at(0);
  EXPECT_EQ(source.name, "Sendgrid_Prod");
  EXPECT_EQ(source.label, "Märkte: 100 %");
  // Of the name as it is written: printf Sendgrid_Prod | sha256sum
  EXPECT_EQ(TagOf(source.name), "2667");
  EXPECT_NE(TagOf(source.name), TagOf("sendgrid_prod"));
}

TEST(Load, TakesAFileReceiverWithoutWriteKey) {
  const Config config =
      Loaded("sources: [{name: a, receiver: file, path: out/t.ndjson}]");
  EXPECT_EQ(config.sources.at(0).path, "out/t.ndjson");
  EXPECT_TRUE(config.sources.at(0).write_key.empty());
}

TEST(Load, TakesEveryReceiver) {
  for (const std::string receiver :
       {"segment, region: eu", "rudderstack, endpoint: 'https://a.example'",
        "jitsu, endpoint: 'https://a.example'", "hightouch",
        "hightouch, endpoint: 'https://a.example'", "customerio, region: eu"}) {
    const Source source =
        Loaded("sources: [{name: a, write_key: k, receiver: " + receiver + "}]")
            .sources.at(0);
    EXPECT_TRUE(receiver.starts_with(source.receiver)) << receiver;
  }
}

TEST(Load, TakesAnyEndpointWithItsForm) {
  const Source source = Loaded(R"(
sources:
  - name: a
    receiver: http
    endpoint: https://a.example/v1/track
    format: lines
    headers:
      - {name: Authorization, value: "Bearer abc def"}
      - {name: X-Api-Key, value: k}
    signing_secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
    max_batch_messages: 7
    max_batch_bytes: 64KiB
)")
                            .sources.at(0);
  EXPECT_EQ(source.endpoint, "https://a.example/v1/track");
  EXPECT_EQ(source.format, "lines");
  ASSERT_EQ(source.headers.size(), 2u);
  EXPECT_EQ(source.headers[0].name, "Authorization");
  EXPECT_EQ(source.headers[0].value.Reveal(), "Bearer abc def");
  EXPECT_EQ(source.signing_secret.Reveal(),
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  EXPECT_EQ(source.max_batch_messages, 7);
  EXPECT_EQ(source.max_batch_bytes, 64 << 10);
  EXPECT_FALSE(source.gzip);
  EXPECT_TRUE(Loaded("sources: [{name: a, receiver: http, gzip: true, "
                     "endpoint: 'https://a.example'}]")
                  .sources.at(0)
                  .gzip);
}

TEST(Load, TakesOAuthForSegmentAlone) {
  const std::string pem = testing::RsaKeyPair().PrivateKeyPem();
  const auto load = [&pem](const std::string& keys) {
    return LoadText("sources: [{name: a, write_key: k, " + keys +
                        ", oauth: {client_id: c, key_id: i, "
                        "key: '${file:/key.pem}'}}]",
                    "f", FakeEnvironment({}, {{"/key.pem", pem}}));
  };
  const auto good = load("region: eu");
  ASSERT_TRUE(good.ok()) << good.status();
  const OAuth& oauth = good->sources.at(0).oauth;
  EXPECT_EQ(oauth.client_id, "c");
  EXPECT_EQ(oauth.key_id, "i");
  EXPECT_EQ(oauth.key.Reveal() + "\n", pem);
  EXPECT_THAT(Describe(*good), ::testing::HasSubstr("key: \"***\""));
  EXPECT_THAT(Describe(*good), ::testing::Not(::testing::HasSubstr("PRIVATE")));

  EXPECT_THAT(std::string(load("receiver: customerio").status().message()),
              ::testing::HasSubstr("oauth: is for receiver 'segment'"));
  EXPECT_THAT(std::string(load("endpoint: 'https://a.b'").status().message()),
              ::testing::HasSubstr("oauth: needs a 'token_endpoint'"));
}

TEST(Load, TakesAWriteKeyOfTwoPartsForJitsuAlone) {
  EXPECT_EQ(Loaded("sources: [{name: a, write_key: 'id:word', receiver: jitsu, "
                   "endpoint: 'https://a.example'}]")
                .sources.at(0)
                .write_key.Reveal(),
            "id:word");
}

TEST(Load, TakesHttpWhenAllowed) {
  for (const std::string host :
       {"localhost", "127.0.0.9:80", "[::1]:80", "collector.internal"}) {
    EXPECT_EQ(Loaded("sources: [{name: a, write_key: k, allow_http: true, "
                     "endpoint: 'http://" +
                     host + "'}]")
                  .sources.at(0)
                  .endpoint,
              "http://" + host);
  }
}

TEST(Load, TakesAnExposedAddressWhenToldSo) {
  EXPECT_TRUE(Loaded("grpc: {listen: ['0.0.0.0:1'], allow_insecure_bind: true}")
                  .grpc.allow_insecure_bind);
}

TEST(Load, TakesAnEmptyListOfSources) {
  EXPECT_TRUE(Loaded("sources: []").sources.empty());
}

TEST(Load, PutsTheDefaultSourceWhereAFileNamesNone) {
  const auto environment = FakeEnvironment({{"SEGMENT_WRITE_KEY", "k"}});
  const Config config = Loaded("data_dir: d", environment);
  EXPECT_EQ(config.sources, Defaults(environment)->sources);
  EXPECT_EQ(config.data_dir, "d");
}

TEST(Load, KeepsAReplayWindowNoLongerThanTheIdsUnlessItIsChosen) {
  const std::string sources = "sources: [{name: a, write_key: k}]\n";
  const struct {
    const char* text;
    absl::Duration want;
  } kCases[] = {
      {"", absl::Hours(26)},
      {"queue: {dedup_window: 1h}\n", absl::Hours(1)},
      {"queue: {dedup_window: 720h}\n", absl::Hours(26)},
      {"queue: {dedup_window: 1h}\nwebhooks: [{name: a}]\n", absl::Hours(1)},
      {"queue: {dedup_window: 1h}\nwebhooks: [{replay_window: 26h}]\n",
       absl::Hours(26)},
      {"queue: {dedup_window: 1h}\nwebhooks: [{replay_window: 0s}]\n",
       absl::ZeroDuration()},
  };
  for (const auto& [text, want] : kCases) {
    EXPECT_EQ(Loaded(text + sources).webhooks[0].replay_window, want) << text;
  }
}

TEST(Load, ReadsAFile) {
  const auto environment =
      FakeEnvironment({}, {{"/etc/s.yaml", "data_dir: d"}});
  EXPECT_EQ(Load("/etc/s.yaml", environment)->data_dir, "d");
}

TEST(Load, NamesTheFileItCannotRead) {
  const auto status = Load("/none", FakeEnvironment()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(base::ReasonOf(status), "CONFIG_NOT_READABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("'/none'"));
}

TEST(Load, RefusesAFileThatIsTooLarge) {
  const std::string fits(1 << 20, ' ');
  const auto environment =
      FakeEnvironment({}, {{"/fits", fits}, {"/large", fits + " "}});
  EXPECT_TRUE(Load("/fits", environment).ok());
  const auto status = Load("/large", environment).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()),
            "/large:1:1: the file is over 1 MiB, the most that is read; make "
            "it smaller");
}

TEST(Defaults, WriteToAFileWithoutAKey) {
  for (const auto& environment :
       {FakeEnvironment(), FakeEnvironment({{"SEGMENT_WRITE_KEY", ""}})}) {
    const auto config = Defaults(environment);
    ASSERT_TRUE(config.ok()) << config.status();
    ASSERT_EQ(config->sources.size(), 1u);
    EXPECT_EQ(config->sources[0].name, "default");
    EXPECT_EQ(config->sources[0].receiver, "file");
    EXPECT_EQ(config->sources[0].path, "tracks.ndjson");
  }
}

TEST(Defaults, SendToSegmentWithAKey) {
  const auto config = Defaults(FakeEnvironment({{"SEGMENT_WRITE_KEY", "k"}}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->sources.at(0).receiver, "segment");
  EXPECT_EQ(config->sources.at(0).region, "us");
  EXPECT_EQ(config->sources.at(0).write_key.Reveal(), "k");
}

TEST(Defaults, RefuseABadKeyWithoutShowingIt) {
  const auto environment =
      FakeEnvironment({{"SEGMENT_WRITE_KEY", "hidden key"}});
  const std::string problem =
      "environment variable 'SEGMENT_WRITE_KEY' holds white space, a control "
      "character or a letter beyond ASCII (not shown here); give the key alone";
  EXPECT_EQ(std::string(Defaults(environment).status().message()), problem);
  EXPECT_EQ(
      std::string(LoadText("", "f", environment).status().message()),
      "f:1:1: sources: is missing, and of the default source the " + problem);
}

TEST(Load, GivesARenamedSourceTheLaneAndTheTagOfItsFirstName) {
  const Config config = Loaded(
      "sources: [{name: abc, write_key: k, was: [prod_a34, later]},\n"
      "  {name: new, write_key: k}]");
  EXPECT_EQ(LaneOf(config.sources[0]), "prod_a34");
  EXPECT_EQ(TagOf(LaneOf(config.sources[0])), "a376");
  EXPECT_EQ(LaneOf(config.sources[1]), "new");
}

// The tag that counts is that of the first name.
TEST(Load, RefusesTwoSourcesWithOneTagAlsoByTheirFirstNames) {
  EXPECT_TRUE(LoadText("sources: [{name: prod_a34, write_key: k, was: [x]},\n"
                       "  {name: prod_a89, write_key: k}]",
                       "f", FakeEnvironment())
                  .ok());
  const auto status =
      LoadText(
          "sources: [{name: x, write_key: k, was: [prod_a34]},\n"
          "  {name: prod_a89, write_key: k}]",
          "f", FakeEnvironment())
          .status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("same tag 'a376'"));
}

TEST(SourceTag, IsTheStartOfTheHashOfTheName) {
  EXPECT_EQ(TagOf("prod_a34"), "a376");
  EXPECT_EQ(TagOf("prod_a89"), "a376");
  EXPECT_EQ(TagOf("abc"), "ba78");
}

}  // namespace
}  // namespace segrid::config
