// The keys of a source that say where its Tracks go.

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/data_file.h"
#include "core/config/network_address.h"
#include "core/config/schema.h"
#include "core/config/text.h"
#include "core/config/write_key.h"

namespace segrid::config {
namespace {

constexpr std::array<std::string_view, 2> kRegions = {"us", "eu"};
constexpr std::array<std::string_view, 6> kReceivers = {
    "segment", "file", "rudderstack", "jitsu", "hightouch", "customerio"};

// Those without an address of their own in a region. The addresses themselves
// are in core/receivers/segment/variant.h.
constexpr std::array<std::string_view, 2> kWithoutAddress = {"rudderstack",
                                                             "jitsu"};
constexpr std::array<std::string_view, 1> kWithoutEu = {"hightouch"};

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
  fields.Text("proxy", source.proxy,
              {.check = &CheckProxy, .may_be_empty = true, .show = false});
  fields.Secret("proxy_auth", source.proxy_auth);
  fields.Duration("connect_timeout", source.connect_timeout, kTimeouts);
  fields.Duration("request_timeout", source.request_timeout, kTimeouts);
}

// Receiver `file`.
void FileRows(Fields& fields, Source& source) {
  fields.Bytes("rotate_bytes", source.rotate_bytes, {0, std::int64_t{1} << 50});
  fields.Duration("rotate_age", source.rotate_age,
                  {absl::ZeroDuration(), absl::Hours(8784)});
  fields.Integer("rotate_keep", source.rotate_keep, {0, 10'000});
}

void CheckReceiver(Fields& fields, Source& source) {
  if (!fields.IsGood("receiver")) return;
  const bool is_file = source.receiver == "file";
  fields.Require(is_file, "path",
                 "is missing; receiver 'file' needs one, e.g. tracks.ndjson");
  fields.Require(!is_file, "write_key",
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
  if (!IsPlainHttp(source.endpoint)) return;
  if (fields.IsGood("allow_http")) {
    fields.Check(source.allow_http, "endpoint",
                 "is not https; write https://, or set 'allow_http' for an "
                 "endpoint on this host");
    fields.Check(!source.allow_http || IsLocal(source.endpoint), "endpoint",
                 "is http beyond this host, which 'allow_http' does not cover; "
                 "write https://");
  }
  fields.Check(source.proxy.empty(), "proxy",
               "is for https endpoints; remove it");
}

}  // namespace

void DeliveryRows(Fields& fields, Source& source) {
  fields.Secret("write_key", source.write_key);
  fields.Word("region", source.region, kRegions);
  fields.Text("endpoint", source.endpoint,
              {.check = &CheckEndpoint, .may_be_empty = true, .show = false});
  fields.Word("receiver", source.receiver, kReceivers);
  fields.Text("path", source.path, {.check = &CheckPath});
  FileRows(fields, source);
  fields.Flag("gzip", source.gzip);
  fields.Duration("max_age", source.max_age,
                  {absl::Seconds(1), absl::Hours(720)});
  fields.Number("requests_per_second", source.requests_per_second,
                {0.1, 10'000});
  fields.Integer("max_in_flight", source.max_in_flight, {1, 64});
  ConnectionRows(fields, source);
}

void CheckDelivery(Fields& fields, Source& source) {
  CheckReceiver(fields, source);
  CheckEndpointKeys(fields, source);
  fields.Check(source.client_cert.empty() || !source.client_key.empty(),
               "client_cert", "needs its private key; add 'client_key'");
  fields.Check(source.client_key.empty() || !source.client_cert.empty(),
               "client_key", "needs its certificate; add 'client_cert'");
  fields.Check(source.proxy_auth.empty() || !source.proxy.empty(), "proxy_auth",
               "is for a proxy; add 'proxy' or remove it");
}

}  // namespace segrid::config
