#include <string>

#include "absl/strings/str_replace.h"
#include "core/config/describe.h"
#include "core/config/load.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/config/fake_environment.h"

namespace segrid::config {
namespace {

// Loads a description after putting the secret in.
absl::StatusOr<Config> LoadBack(const std::string& description) {
  return LoadText(absl::StrReplaceAll(description, {{"***", "key"}}), "f",
                  FakeEnvironment());
}

constexpr char kPem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfS\n"
    "mpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==\n"
    "-----END PUBLIC KEY-----\n";

void ChangeListeners(Config& config) {
  config.http.listen = {"0.0.0.0:80"};
  config.http.tls = config.grpc.tls;
  config.http.max_body_bytes = 1024;
  config.http.max_bytes_in_flight = 1 << 20;
  config.http.max_connections = 4;
  config.http.max_connections_per_peer = 1;
  config.http.max_header_bytes = 1024;
  config.http.max_headers = 1;
  config.http.header_timeout = absl::Milliseconds(100);
  config.http.body_timeout = absl::Milliseconds(101);
  config.http.idle_timeout = absl::Minutes(10);
  config.http.allow_insecure_bind = true;
  config.http.unix_file = {"0660", "www-data"};
  config.http.allowed_hosts = {"hooks.example.com"};
  config.http.trusted_proxies = {"10.0.0.0/8"};
  config.http.proxy_protocol = true;
  config.http.min_body_rate = 0;
  config.http.min_body_rate_grace = absl::Seconds(6);
  config.http.max_handshakes = 2;
  config.http.max_handshakes_per_peer = 1;
  config.http.max_connection_age = absl::Seconds(61);
  config.admin.unix_file = {"0600", "adm"};
  config.admin.allowed_hosts = {"status.example.com"};
  config.grpc.unix_file = {"660", "5"};
  config.admin.listen = {};
  config.admin.allow_insecure_bind = true;
}

void AddWebhooks(Config& config) {
  Webhook webhook;
  webhook.name = "a";
  webhook.public_keys = {kPem};
  webhook.replay_window = absl::ZeroDuration();
  webhook.sources = {"first", "Second"};
  webhook.bearer_sha256 = {std::string(64, 'a')};
  webhook.basic_sha256 = {std::string(64, 'b')};
  webhook.jwt = {"https://issuer.example",
                 "segrid",
                 {kPem},
                 "keys.json",
                 "https://issuer.example/keys",
                 absl::Seconds(11),
                 absl::Seconds(1)};
  config.webhooks = {webhook, webhook};
  config.webhooks[1].name = "b";
}

Source UnusualSource() {
  Source source;
  source.name = "first";
  source.write_key = base::Secret("key");
  source.region.clear();
  source.endpoint = "http://localhost/v1";
  source.path = "tracks";
  source.events = {"deferred"};
  source.email_types = {"other"};
  source.email_hash = EmailHash::kAsReceived;
  source.email_subject_from = {};
  source.extra_properties = {"smtp-id"};
  source.custom_args = {CustomArgs::Mode::kNamed, {"a: b", "[c]", "${d}"}, {}};
  source.custom_args_prefix = "a\"_";
  source.only = {{.fields = {{"category", {"news", "${x}"}}, {"pool", {"p"}}},
                  .custom_args = {{"e: ${nv}", {"a", "b"}}}}};
  source.except = {{.fields = {{"tls", {"true"}}}, .custom_args = {}},
                   {.fields = {}, .custom_args = {{"env", {"staging"}}}}};
  source.personal = {.email = "omit",
                     .ip = "truncate",
                     .user_agent = "omit",
                     .link_query = "omit"};
  source.user_id_from = "null";
  source.spec_context = true;
  source.gzip = false;
  source.max_age = absl::Seconds(3661);
  source.requests_per_second = 1.0 / 3.0;
  source.events_per_second = 0.25;
  source.max_in_flight = 64;
  source.ca_file = "~~";
  source.client_cert = "cert.pem";
  source.client_key = "key.pem";
  source.allow_http = true;
  source.connect_timeout = absl::Milliseconds(100);
  source.request_timeout = absl::Minutes(5);
  source.rotate_bytes = 0;
  source.rotate_age = absl::ZeroDuration();
  source.rotate_keep = 0;
  source.schema = "other";
  source.create_tables = false;
  source.keep = absl::Hours(24);
  source.max_columns = 1'599;
  return source;
}

void AddSources(Config& config) {
  const Source source = UnusualSource();
  config.sources = {source, source};
  config.sources[1].name = "Second";
  config.sources[1].label = "For people: 100 %";
  config.sources[1].was = {"earlier", "then"};
  config.sources[1].receiver = "file";
  config.sources[1].custom_args = {
      CustomArgs::Mode::kMapped, {}, {{"a: b", "c"}, {"${d}", "${e}"}}};
  config.sources[1].endpoint = "https://a.example";
  config.sources[1].proxy = "http://p:3128";
  config.sources[1].proxy_auth = base::Secret("key");
  Source& any = config.sources.emplace_back(source);
  any.name = "third";
  any.receiver = "http";
  any.write_key = base::Secret();
  any.format = "lines";
  any.headers = {{"X-Api-Key", base::Secret("key")}};
  any.max_batch_messages = 10'000;
  any.max_batch_bytes = 16 << 20;
  any.proxy = "none";
}

// Every option differs from its default.
Config Unusual() {
  Config config;
  config.data_dir = "/a \"b\" \\ ${c} $${d} é #";
  config.grpc.listen = {"[::1]:0", "unix:/run/a b.sock"};
  config.grpc.allow_insecure_bind = true;
  config.grpc.tls.cert = "c.pem";
  config.grpc.tls.key = "k.pem";
  config.grpc.tls.client_ca = "ca.pem";
  config.grpc.max_message_bytes = 1025;
  config.grpc.max_events = 1;
  config.queue.store = Queue::Store::kMemory;
  config.queue.max_bytes = 1'000'000'000'001;
  config.queue.max_source_bytes = 2 << 20;
  config.queue.max_dead_letter_bytes = 3'000'000;
  config.queue.max_dead_letter_age = absl::Minutes(61);
  config.queue.reserve_bytes = 0;
  config.queue.dedup_window = absl::Minutes(90);
  config.queue.dedup_memory_bytes = 3 << 20;
  config.logging = {"error", "text"};
  config.drain = {absl::Milliseconds(1500), absl::ZeroDuration()};
  ChangeListeners(config);
  AddWebhooks(config);
  AddSources(config);
  return config;
}

TEST(Describe, IsReadBackAsTheSameConfiguration) {
  const Config config = Unusual();
  const auto back = LoadBack(Describe(config));
  ASSERT_TRUE(back.ok()) << back.status() << "\n" << Describe(config);
  EXPECT_EQ(*back, config) << Describe(config);
}

TEST(Describe, SpellsOutDefaults) {
  const auto defaults = Defaults(FakeEnvironment());
  EXPECT_EQ(Describe(*defaults), R"(data_dir: "./segrid-data"
max_bytes_in_flight: 384MiB
grpc:
  listen: ["127.0.0.1:50051"]
  allow_insecure_bind: false
  unix_mode: ""
  unix_group: ""
  tls:
    cert: ""
    key: ""
    client_ca: ""
    allowed_sans: []
  tokens: []
  unix_peers: []
  max_message_bytes: 4MiB
  max_events: 10000
  max_bytes_in_flight: 256MiB
  max_waiting_calls: 1000
  max_connections: 2500
  max_connections_per_peer: 1500
  max_handshakes: 256
  max_handshakes_per_peer: 32
  max_concurrent_streams: 1000
  max_metadata_bytes: 16KiB
  handshake_timeout: 4s
  max_connection_idle: 30m
  max_connection_age: 1h
  max_connection_age_grace: 10m
  keepalive_time: 1m
  keepalive_timeout: 20s
  min_ping_interval: 10s
http:
  listen: ["127.0.0.1:8080"]
  allow_insecure_bind: false
  unix_mode: ""
  unix_group: ""
  tls:
    cert: ""
    key: ""
    client_ca: ""
    allowed_sans: []
  allowed_hosts: []
  trusted_proxies: []
  proxy_protocol: false
  max_body_bytes: 4MiB
  max_bytes_in_flight: 256MiB
  min_body_rate: 1KiB
  min_body_rate_grace: 5s
  max_connections: 2500
  max_connections_per_peer: 1500
  max_handshakes: 256
  max_handshakes_per_peer: 32
  max_header_bytes: 16KiB
  max_headers: 64
  header_timeout: 5s
  body_timeout: 30s
  idle_timeout: 1m15s
  max_connection_age: 1h
admin:
  listen: ["127.0.0.1:8081"]
  allow_insecure_bind: false
  unix_mode: ""
  unix_group: ""
  allowed_hosts: []
webhooks:
  - name: "default"
    public_keys: []
    replay_window: 26h
    sources: []
    bearer_sha256: []
    basic_sha256: []
    jwt:
      issuer: ""
      audience: ""
      public_keys: []
      jwks_file: ""
      jwks_url: ""
      jwks_interval: 10m
      leeway: 1m
queue:
  store: embedded
  max_bytes: 10GiB
  max_source_bytes: 10GiB
  max_dead_letter_bytes: 256MiB
  max_dead_letter_age: 720h
  reserve_bytes: 64MiB
  dedup_window: 26h
  dedup_memory: 256MiB
sources:
  - name: "default"
    was: []
    label: ""
    region: us
    endpoint: ""
    receiver: file
    path: "tracks.ndjson"
    oauth:
      client_id: ""
      key_id: ""
      token_endpoint: ""
    format: array
    headers: []
    max_batch_messages: 500
    max_batch_bytes: 512KiB
    rotate_bytes: 1GiB
    rotate_age: 24h
    rotate_keep: 30
    database: ""
    schema: ""
    create_tables: true
    keep: 0s
    max_columns: 400
    gzip: true
    max_age: 20h
    expire_while_paused: false
    requests_per_second: 50
    events_per_second: 0
    max_in_flight: 4
    ca_file: ""
    client_cert: ""
    client_key: ""
    allow_http: false
    proxy: ""
    check_write_key: false
    settings_endpoint: ""
    connect_timeout: 5s
    request_timeout: 15s
    events: ["processed", "delivered", "open", "machine_opened", "click", "drop", "bounce", "unsubscribe", "group_unsubscribe", "group_resubscribe", "spamreport"]
    email_types: ["singlesend", "automation", "other"]
    email_hash: normalized
    email_subject_from: ["subject", "email_subject"]
    extra_properties: []
    custom_args: none
    custom_args_prefix: ""
    user_id_from: ""
    spec_context: false
    only: []
    not: []
    personal:
      email: keep
      ip: keep
      user_agent: keep
      link_query: keep
logging:
  level: info
  format: json
drain:
  delay: 0s
  grace: 20s
reload:
  interval: 10s
)");
}

TEST(Describe, DescribesWhatItsOwnTextLoads) {
  const std::string text = Describe(*Defaults(FakeEnvironment()));
  const auto back = LoadBack(text);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(Describe(*back), text);
}

TEST(Describe, KeepsAnEmptyListOfSources) {
  const auto back = LoadBack(Describe(Config()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, Config());
}

}  // namespace
}  // namespace segrid::config
