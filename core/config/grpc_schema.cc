// The keys of the gRPC listener.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/config/network_address.h"
#include "core/config/schema.h"
#include "core/config/text.h"
#include "core/config/write_key.h"
#include "core/crypto/pasted_key.h"

namespace segrid::config {
namespace {

constexpr std::int64_t kKib = std::int64_t{1} << 10;
constexpr std::int64_t kMib = std::int64_t{1} << 20;
constexpr std::int64_t kGib = std::int64_t{1} << 30;

constexpr std::size_t kHashDigits = 64;
constexpr std::string_view kNoPeer =
    "is missing; give the number of a user (id -u) as 'uid', or that of a "
    "group as 'gid'";
constexpr std::array<std::string_view, 3> kRoles = {"transform", "forward",
                                                    "admin"};

std::string CheckRole(const std::string& value) {
  return CheckOneOf(value, kRoles);
}

// `dns:name` and `spiffe://…` both stand in certificates without a prefix.
std::string CheckSan(const std::string& value) {
  return value.find_first_of(" ,*") == std::string::npos
             ? ""
             : "is no name of a certificate; must be one name as it is "
               "written there: api.example.com, spiffe://example.com/api, an "
               "address, "
               "without wildcards";
}

// Two entries of one hash: it would not be clear which roles hold.
void CheckTokens(Fields& fields, const std::vector<Token>& tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      fields.Check(
          tokens[i].sha256.empty() || tokens[i].sha256 != tokens[j].sha256,
          Concat({"tokens[", std::to_string(i), "].sha256"}),
          Concat({"is already in tokens[", std::to_string(j),
                  "]; keep one, with all its roles"}));
    }
  }
}

// A listener that other hosts reach needs client certificates.
void CheckListeners(Fields& fields, const Grpc& grpc) {
  const bool has_mtls = !grpc.tls.cert.empty() && !grpc.tls.key.empty() &&
                        !grpc.tls.client_ca.empty();
  if (has_mtls || grpc.allow_insecure_bind) return;
  // Their own mistakes come first.
  if (!fields.IsGood("tls.cert") || !fields.IsGood("tls.key") ||
      !fields.IsGood("tls.client_ca") ||
      !fields.IsGood("allow_insecure_bind")) {
    return;
  }
  for (std::size_t i = 0; i < grpc.listen.size(); ++i) {
    const std::string& address = grpc.listen[i];
    fields.Check(
        address.empty() || IsLocal(address),
        Concat({"listen[", std::to_string(i), "]"}),
        "can be reached from other hosts without a client certificate; set "
        "grpc.tls.cert, key and client_ca, or listen on 127.0.0.1 or "
        "unix:/path, "
        "or say grpc.allow_insecure_bind: true");
  }
}

// How long connections live, and what is asked of them.
void TimeRows(Fields& fields, Grpc& grpc) {
  constexpr Range<absl::Duration> kLives = {absl::Seconds(1), absl::Hours(720)};
  constexpr Range<absl::Duration> kPings = {absl::Seconds(1), absl::Hours(24)};
  fields.Duration("handshake_timeout", grpc.handshake_timeout,
                  {absl::Milliseconds(100), absl::Minutes(10)});
  fields.Duration("max_connection_idle", grpc.max_connection_idle, kLives);
  fields.Duration("max_connection_age", grpc.max_connection_age, kLives);
  fields.Duration("max_connection_age_grace", grpc.max_connection_age_grace,
                  kLives);
  fields.Duration("keepalive_time", grpc.keepalive_time, kPings);
  fields.Duration("keepalive_timeout", grpc.keepalive_timeout, kPings);
  fields.Duration("min_ping_interval", grpc.min_ping_interval, kPings);
}

}  // namespace

std::string CheckHash(const std::string& value) {
  const bool good =
      value.size() == kHashDigits &&
      value.find_first_not_of("0123456789abcdef") == std::string::npos;
  const std::string_view kind = good ? "" : crypto::DescribePasted(value);
  return good ? ""
              : Concat({kind.empty() ? "is no SHA-256" : "is ", kind,
                        "; must be 64 lower-case hex digits: printf %s "
                        "\"$TOKEN\" | sha256sum"});
}

void Rows(Fields& fields, Grpc& grpc) {
  fields.Texts("listen", grpc.listen,
               {.check = &CheckListen, .min_count = 1, .max_count = 16});
  fields.Flag("allow_insecure_bind", grpc.allow_insecure_bind);
  UnixRows(fields, grpc.unix_file);
  fields.Section("tls", grpc.tls);
  fields.Sections("tokens", grpc.tokens, kMaxTokens);
  fields.Sections("unix_peers", grpc.unix_peers, kMaxUnixPeers);
  fields.Bytes("max_message_bytes", grpc.max_message_bytes, {kKib, 64 * kMib});
  fields.Integer("max_events", grpc.max_events, {1, 1'000'000});
  fields.Bytes("max_bytes_in_flight", grpc.max_bytes_in_flight,
               {kMib, 1024 * kGib});
  fields.Integer("max_waiting_calls", grpc.max_waiting_calls, {1, 100'000});
  fields.Integer("max_connections", grpc.max_connections, {1, 1'000'000});
  fields.Integer("max_connections_per_peer", grpc.max_connections_per_peer,
                 {1, 1'000'000});
  fields.Integer("max_handshakes", grpc.max_handshakes, {1, 100'000});
  fields.Integer("max_handshakes_per_peer", grpc.max_handshakes_per_peer,
                 {1, 100'000});
  fields.Integer("max_concurrent_streams", grpc.max_concurrent_streams,
                 {1, 100'000});
  fields.Bytes("max_metadata_bytes", grpc.max_metadata_bytes, {kKib, kMib});
  TimeRows(fields, grpc);
  if (fields.Has("tokens")) CheckTokens(fields, grpc.tokens);
  CheckListeners(fields, grpc);
}

void Rows(Fields& fields, Tls& tls) {
  constexpr TextRules kPemFile = {.check = &CheckPemFile,
                                  .may_be_empty = true,
                                  .show = false,
                                  .many_lines = true};
  fields.Text("cert", tls.cert, kPemFile);
  fields.Text("key", tls.key, kPemFile);
  fields.Text("client_ca", tls.client_ca, kPemFile);
  const bool good = fields.IsGood("cert") && fields.IsGood("key");
  fields.Check(!good || tls.cert.empty() || !tls.key.empty(), "key",
               "is missing; 'cert' needs its private key, a PEM file");
  fields.Check(!good || !tls.cert.empty() || tls.key.empty(), "cert",
               "is missing; 'key' needs its certificate, a PEM file");
  fields.Check(
      !good || !tls.cert.empty() || !tls.key.empty() || tls.client_ca.empty(),
      "client_ca", "works only with TLS; set 'cert' and 'key' too");
  fields.Texts("allowed_sans", tls.allowed_sans, {.check = &CheckSan});
  fields.Check(!fields.IsGood("client_ca") || !tls.client_ca.empty() ||
                   tls.allowed_sans.empty(),
               "allowed_sans",
               "works only with client certificates; set 'client_ca' too");
}

void Rows(Fields& fields, UnixPeer& peer) {
  // -1 stands for none, so that the effective configuration can be written.
  constexpr Range<std::int32_t> kIds = {-1, 2'147'483'647};
  fields.Integer("uid", peer.uid, kIds);
  fields.Integer("gid", peer.gid, kIds);
  const bool good = fields.IsGood("uid") && fields.IsGood("gid");
  fields.Check(!good || peer.uid < 0 || peer.gid < 0, "gid",
               "is set beside 'uid'; give each an element of its own");
  fields.Check(!good || !fields.Has("uid") || peer.uid >= 0 || peer.gid >= 0,
               "uid", kNoPeer);
  fields.Require(peer.gid < 0, "uid", kNoPeer);
  fields.Texts("roles", peer.roles, {.check = &CheckRole, .min_count = 1});
  fields.Require(true, "roles",
                 "is missing; give what the peer may do: [transform, forward, "
                 "admin]");
}

void Rows(Fields& fields, Token& token) {
  fields.Text("sha256", token.sha256, {.check = &CheckHash, .show = false});
  fields.Require(true, "sha256",
                 "is missing; give the lower-case hex of the token's SHA-256: "
                 "printf %s \"$TOKEN\" | sha256sum");
  fields.Texts("roles", token.roles, {.check = &CheckRole, .min_count = 1});
  fields.Require(true, "roles",
                 "is missing; give what the token is good for: [transform, "
                 "forward, admin]");
}

}  // namespace segrid::config
