// The keys of a source that say where its Tracks go.

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/data_file.h"
#include "core/base/database_address.h"
#include "core/config/network_address.h"
#include "core/config/receiver_names.h"
#include "core/config/schema.h"
#include "core/config/source_tag.h"
#include "core/config/text.h"
#include "core/config/write_key.h"

namespace segrid::config {
namespace {

constexpr std::array<std::string_view, 2> kRegions = {"us", "eu"};
constexpr std::array<std::string_view, 3> kFormats = {"array", "lines",
                                                      "batch"};

// Those without an address of their own in a region. The addresses themselves
// are in core/receivers/segment/variant.h.
constexpr std::array<std::string_view, 3> kWithoutAddress = {"rudderstack",
                                                             "jitsu", "http"};
constexpr std::array<std::string_view, 1> kWithoutEu = {"hightouch"};

constexpr std::size_t kMaxHeaders = 32;

// Headers that the client makes, or delivery.
constexpr std::array<std::string_view, 19> kOwnHeaders = {"host",
                                                          "content-length",
                                                          "content-encoding",
                                                          "transfer-encoding",
                                                          "accept-encoding",
                                                          "connection",
                                                          "keep-alive",
                                                          "upgrade",
                                                          "te",
                                                          "trailer",
                                                          "expect",
                                                          "proxy-authorization",
                                                          "proxy-connection",
                                                          "x-retry-count",
                                                          "traceparent",
                                                          "tracestate",
                                                          "webhook-id",
                                                          "webhook-timestamp",
                                                          "webhook-signature"};

std::string CheckHeaderName(const std::string& name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  const auto is_token = [kMarks](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || kMarks.find(c) != kMarks.npos;
  };
  if (name.size() > 128 || !std::all_of(name.begin(), name.end(), is_token)) {
    return "is no name of a header; e.g. X-Api-Key";
  }
  std::string lower = name;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::find(kOwnHeaders.begin(), kOwnHeaders.end(), lower) ==
                 kOwnHeaders.end()
             ? ""
             : "is a header that the server makes itself; remove it";
}

// Part of a JSON text and of a form, as it is.
std::string CheckTokenWord(const std::string& value) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
           c == '~' || c == ':';
  };
  return value.size() <= 256 && std::all_of(value.begin(), value.end(), fits)
             ? ""
             : "is no id; must be up to 256 letters, digits, '-', '_', '.', "
               "'~' and ':'";
}

bool IsOneOf(std::string_view name, Fields::Words words) {
  return std::find(words.begin(), words.end(), name) != words.end();
}

std::string CheckPath(const std::string& path) {
  const std::filesystem::path parts(path);
  const bool leaves =
      std::find(parts.begin(), parts.end(), "..") != parts.end();
  if (!parts.is_absolute() && !leaves && parts.has_filename() &&
      parts.filename() != ".") {
    return base::IsServersOwnName(path)
               ? "is where the server has its own files; write another path, "
                 "e.g. tracks.ndjson"
               : "";
  }
  return "is no file below data_dir; write a relative path without '..', e.g. "
         "tracks.ndjson";
}

std::string CheckProxyOrNone(const std::string& url) {
  return url == kNoProxy ? "" : CheckProxy(url);
}

// How to get to the endpoint.
void ConnectionRows(Fields& fields, Source& source) {
  constexpr Range<absl::Duration> kTimeouts = {absl::Milliseconds(100),
                                               absl::Minutes(5)};
  constexpr TextRules kPemFile = {.check = &CheckPemFile,
                                  .may_be_empty = true,
                                  .show = false,
                                  .many_lines = true};
  fields.Text("ca_file", source.ca_file, kPemFile);
  fields.Text("client_cert", source.client_cert, kPemFile);
  fields.Text("client_key", source.client_key, kPemFile);
  fields.Flag("allow_http", source.allow_http);
  fields.Text(
      "proxy", source.proxy,
      {.check = &CheckProxyOrNone, .may_be_empty = true, .show = false});
  fields.Secret("proxy_auth", source.proxy_auth, &CheckPassword);
  fields.Flag("check_write_key", source.check_write_key);
  fields.Text("settings_endpoint", source.settings_endpoint,
              {.check = &CheckEndpoint, .may_be_empty = true, .show = false});
  fields.Duration("connect_timeout", source.connect_timeout, kTimeouts);
  fields.Duration("request_timeout", source.request_timeout, kTimeouts);
}

// Receiver `http`.
void HttpRows(Fields& fields, Source& source) {
  fields.Word("format", source.format, kFormats);
  fields.Sections("headers", source.headers, kMaxHeaders);
  fields.Secret("signing_secret", source.signing_secret, &CheckSigningSecret);
  fields.Integer("max_batch_messages", source.max_batch_messages, {1, 10'000});
  fields.Bytes("max_batch_bytes", source.max_batch_bytes,
               {std::int64_t{32} << 10, std::int64_t{16} << 20});
}

// Receiver `file`.
void FileRows(Fields& fields, Source& source) {
  fields.Bytes("rotate_bytes", source.rotate_bytes, {0, std::int64_t{1} << 50});
  fields.Duration("rotate_age", source.rotate_age,
                  {absl::ZeroDuration(), absl::Hours(8784)});
  fields.Integer("rotate_keep", source.rotate_keep, {0, 10'000});
}

// The keys of the receiver `http`, which the others would ignore.
void CheckHttpKeys(Fields& fields, Source& source) {
  if (source.receiver == "http") {
    fields.Check(
        !fields.Has("write_key"), "write_key",
        "is not for receiver 'http'; credentials are a header, e.g. "
        "headers: [{name: Authorization, value: \"Bearer ${TOKEN}\"}]");
    // Few endpoints unpack requests.
    if (!fields.Has("gzip")) source.gzip = false;
    return;
  }
  const Source defaults;
  const auto refuse = [&fields](bool is_default, Fields::Key key) {
    fields.Check(is_default, key,
                 "is for receiver 'http'; remove it, or set the receiver");
  };
  refuse(source.format == defaults.format, "format");
  refuse(source.headers.empty(), "headers");
  refuse(source.signing_secret.empty(), "signing_secret");
  refuse(source.max_batch_messages == defaults.max_batch_messages,
         "max_batch_messages");
  refuse(source.max_batch_bytes == defaults.max_batch_bytes, "max_batch_bytes");
}

void CheckOAuth(Fields& fields, const Source& source) {
  fields.Check(
      source.oauth == OAuth() || source.receiver == "segment", "oauth",
      "is for receiver 'segment', whose sources may enforce it; remove it");
  // An endpoint is of no region.
  fields.Check(source.oauth.client_id.empty() || source.endpoint.empty() ||
                   !source.oauth.token_endpoint.empty(),
               "oauth",
               "needs a 'token_endpoint' beside 'endpoint', which is of no "
               "region; e.g. https://oauth2.segment.io");
  fields.Check(!IsPlainHttp(source.oauth.token_endpoint) || source.allow_http,
               "oauth.token_endpoint",
               "is not https; write https://, or set 'allow_http': assertions "
               "and tokens then travel in the clear");
}

// Says what is wrong with a database's address, or "". The value itself may
// hold a password, so no message repeats it.
std::string CheckDatabase(const std::string& database) {
  if (const auto file = base::SqliteFileOf(database)) return CheckPath(*file);
  if (!base::IsPostgresUrl(database)) {
    return "is no database; write sqlite:<file>, e.g. sqlite:events.db, or "
           "postgresql://user@host/database";
  }
  return base::HasPassword(database)
             ? "holds a password; put it into 'database_password', "
               "e.g. ${file:/run/secrets/pg}"
             : "";
}

std::string CheckSchema(const std::string& schema) {
  const bool is_long = schema.size() > 63;
  const bool is_ours = schema.starts_with("pg_");
  return is_long || is_ours ? "is no name of a schema; must be 1 to 63 bytes "
                              "that do not begin with pg_"
                            : "";
}

// Receiver `warehouse`.
void WarehouseRows(Fields& fields, Source& source) {
  constexpr absl::Duration kDay = absl::Hours(24);
  fields.Text("database", source.database,
              {.check = &CheckDatabase, .may_be_empty = true, .show = false});
  fields.Secret("database_password", source.database_password, &CheckPassword);
  fields.Text("schema", source.schema,
              {.check = &CheckSchema, .may_be_empty = true});
  fields.Flag("create_tables", source.create_tables);
  fields.Duration("keep", source.keep, {absl::ZeroDuration(), 36'500 * kDay});
  // PostgreSQL has 1,600 at most; one is for `other_properties`.
  fields.Integer("max_columns", source.max_columns, {50, 1'599});
}

void CheckWarehouse(Fields& fields, Source& source) {
  fields.Require(source.receiver == "warehouse", "database",
                 "is missing; receiver 'warehouse' needs one, e.g. "
                 "sqlite:events.db");
  const bool is_sqlite = base::SqliteFileOf(source.database).has_value();
  fields.Check(!is_sqlite || source.schema.empty(), "schema",
               "is for PostgreSQL; a SQLite file has none: remove it");
  fields.Check(!is_sqlite || source.database_password.empty(),
               "database_password",
               "is for PostgreSQL; a SQLite file has none: remove it");
  fields.Check(source.receiver != "warehouse" || is_sqlite ||
                   !source.schema.empty() ||
                   CheckSchema(SchemaOf(LaneOf(source))).empty(),
               "name",
               "makes a schema that begins with pg_, as PostgreSQL's own do; "
               "add 'schema' or choose another name");
  // Batches are loaded one after the other.
  if (source.receiver == "warehouse" && !fields.Has("max_in_flight")) {
    source.max_in_flight = 1;
  }
}

void CheckReceiver(Fields& fields, Source& source) {
  if (!fields.IsGood("receiver")) return;
  const bool is_file = source.receiver == "file";
  const bool needs_key =
      !is_file && source.receiver != "http" && source.receiver != "warehouse";
  fields.Require(is_file, "path",
                 "is missing; receiver 'file' needs one, e.g. tracks.ndjson");
  CheckHttpKeys(fields, source);
  CheckOAuth(fields, source);
  fields.Require(needs_key, "write_key",
                 "is missing; write ${ENV_NAME} or ${file:/path}, or use "
                 "receiver 'file', which needs none");
  if (!source.write_key.empty()) {
    const std::string_view problem =
        CheckWriteKey(source.write_key.Reveal(), source.receiver);
    fields.Check(problem.empty(), "write_key", problem);
  }
  fields.Require(IsOneOf(source.receiver, kWithoutAddress), "endpoint",
                 Concat({"is missing; receiver '", source.receiver,
                         "' has no address of its own: write "
                         "https://host[:port][/path]"}));
  if (source.endpoint.empty() && fields.IsGood("region")) {
    fields.Check(
        source.region != "eu" || !IsOneOf(source.receiver, kWithoutEu),
        "region",
        Concat({"receiver '", source.receiver,
                "' has no region 'eu'; must be us, or give an 'endpoint'"}));
  }
}

void CheckEndpointKeys(Fields& fields, Source& source) {
  if (source.endpoint.empty()) return;
  fields.Check(!fields.Has("region"), "region",
               "'region' and 'endpoint' exclude each other; keep one");
  source.region.clear();
  if (fields.IsGood("endpoint") && source.receiver != "http") {
    std::string problem = CheckEndpoint(source.endpoint);  // Without a query.
    if (problem.empty()) problem = CheckBatchEndpoint(source.endpoint);
    fields.Check(problem.empty(), "endpoint", problem);
  }
  if (!IsPlainHttp(source.endpoint)) return;
  if (fields.IsGood("allow_http")) {
    fields.Check(source.allow_http, "endpoint",
                 "is not https; write https://, or set 'allow_http': keys and "
                 "addresses then travel in the clear");
  }
  fields.Check(source.proxy.empty() || source.proxy == kNoProxy, "proxy",
               "is for https endpoints; remove it");
}

}  // namespace

void Rows(Fields& fields, OAuth& oauth) {
  fields.Text("client_id", oauth.client_id,
              {.check = &CheckTokenWord, .may_be_empty = true});
  fields.Text("key_id", oauth.key_id,
              {.check = &CheckTokenWord, .may_be_empty = true});
  fields.Secret("key", oauth.key, &CheckRsaKey);
  fields.Text("token_endpoint", oauth.token_endpoint,
              {.check = &CheckEndpoint, .may_be_empty = true, .show = false});
  const bool any = !oauth.client_id.empty() || !oauth.key_id.empty() ||
                   !oauth.key.empty() || !oauth.token_endpoint.empty();
  fields.Require(any, "client_id", "is missing; Segment shows it with the app");
  fields.Require(any, "key_id", "is missing; Segment shows it with the app");
  fields.Require(any, "key",
                 "is missing; write ${file:/path} of the private key");
  const auto is_lost = [any, &fields](Fields::Key key, bool empty) {
    return any && empty && fields.Has(key) && fields.IsGood(key);
  };
  fields.Check(!is_lost("client_id", oauth.client_id.empty()), "client_id",
               "is empty; Segment shows it with the app");
  fields.Check(!is_lost("key_id", oauth.key_id.empty()), "key_id",
               "is empty; Segment shows it with the app");
}

void Rows(Fields& fields, Header& header) {
  fields.Text("name", header.name, {.check = &CheckHeaderName});
  fields.Secret("value", header.value, &CheckHeaderValue);
  fields.Require(true, "name", "is missing; e.g. Authorization");
  fields.Require(true, "value",
                 "is missing; write ${ENV_NAME} or "
                 "${file:/path}");
}

void DeliveryRows(Fields& fields, Source& source) {
  fields.Secret("write_key", source.write_key, &CheckSecret);
  fields.Word("region", source.region, kRegions);
  fields.Text(
      "endpoint", source.endpoint,
      {.check = &CheckEndpointWithQuery, .may_be_empty = true, .show = false});
  fields.Word("receiver", source.receiver, kReceivers);
  fields.Text("path", source.path, {.check = &CheckPath});
  fields.Section("oauth", source.oauth);
  HttpRows(fields, source);
  FileRows(fields, source);
  WarehouseRows(fields, source);
  fields.Flag("gzip", source.gzip);
  fields.Duration("max_age", source.max_age,
                  {absl::Seconds(1), absl::Hours(720)});
  fields.Flag("expire_while_paused", source.expire_while_paused);
  fields.Number("requests_per_second", source.requests_per_second,
                {0.1, 10'000});
  fields.Number("events_per_second", source.events_per_second, {0, 1'000'000});
  fields.Integer("max_in_flight", source.max_in_flight, {1, 64});
  ConnectionRows(fields, source);
}

void CheckDelivery(Fields& fields, Source& source) {
  fields.Check(!source.check_write_key || source.receiver == "segment",
               "check_write_key",
               "is for the receiver 'segment', which alone can be asked");
  CheckReceiver(fields, source);
  CheckEndpointKeys(fields, source);
  CheckWarehouse(fields, source);
  fields.Check(source.client_cert.empty() || !source.client_key.empty(),
               "client_cert", "needs its private key; add 'client_key'");
  fields.Check(source.client_key.empty() || !source.client_cert.empty(),
               "client_key", "needs its certificate; add 'client_cert'");
  // One that is wrong is told of by itself.
  const bool has_proxy = fields.Has("proxy") && source.proxy != kNoProxy;
  fields.Check(source.proxy_auth.empty() || has_proxy, "proxy_auth",
               "is for a proxy; add 'proxy' or remove it");
}

}  // namespace segrid::config
