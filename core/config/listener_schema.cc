// The keys of the HTTP listeners: webhooks, and the page and metrics for
// operators.

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/network_address.h"
#include "core/config/schema.h"
#include "core/config/text.h"
#include "core/crypto/ecdsa_p256.h"

namespace segrid::config {
namespace {

constexpr std::int64_t kKib = std::int64_t{1} << 10;
constexpr std::int64_t kMib = std::int64_t{1} << 20;
constexpr std::int64_t kTib = std::int64_t{1} << 40;
constexpr std::size_t kMaxKeys = 16;
constexpr Range<absl::Duration> kTimeouts = {absl::Milliseconds(100),
                                             absl::Minutes(10)};

std::string CheckPublicKey(const std::string& value) {
  const auto key = crypto::EcdsaP256Key::Parse(value);
  return key.ok() ? "" : std::string(key.status().message());
}

std::string CheckPairHash(const std::string& value) {
  return CheckHash(value).empty()
             ? ""
             : "is no SHA-256; must be 64 lower-case hex digits: printf %s "
               "\"$USER:$PASSWORD\" | sha256sum";
}

// Keys of tokens: those of the two algorithms that are taken.
std::string CheckJwtKey(const std::string& value) {
  return value.find("-----BEGIN PUBLIC KEY-----") != std::string::npos
             ? ""
             : "is no public key in PEM form; it begins with "
               "-----BEGIN PUBLIC KEY-----";
}

// Keys that anybody on the way can exchange are none.
std::string CheckKeySetUrl(const std::string& value) {
  std::string problem = CheckEndpoint(value);
  if (!problem.empty() || !IsPlainHttp(value) || IsLocal(value)) return problem;
  return "would fetch keys in the clear; write an https URL";
}

std::string CheckMode(const std::string& value) {
  const bool good =
      (value.size() == 3 || (value.size() == 4 && value[0] == '0')) &&
      value.find_first_not_of("01234567") == std::string::npos;
  return good ? ""
              : "is no mode of a file; write three octal digits: 0660 lets "
                "user and group connect, 0666 everybody on this host";
}

std::string CheckHostName(const std::string& value) {
  return value.find_first_of(" /:@*,") == std::string::npos
             ? ""
             : "is no host name; write it as in a URL, without scheme, port "
               "and wildcards: hooks.example.com";
}

std::string Element(std::string_view list, std::size_t index,
                    std::string_view key = "") {
  return Concat({list, "[", std::to_string(index), "]", key});
}

void CheckNames(Fields& fields, const std::vector<Webhook>& webhooks) {
  for (std::size_t i = 0; i < webhooks.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      fields.Check(
          webhooks[i].name.empty() || webhooks[i].name != webhooks[j].name,
          Element("webhooks", i, ".name"),
          Concat({"another webhook, webhooks[", std::to_string(j),
                  "], has this name; names must be unique"}));
    }
  }
}

void CheckTargets(Fields& fields, const Config& config) {
  std::vector<std::string> names;
  for (const Source& source : config.sources) names.push_back(source.name);
  // A file without sources gets one of this name.
  if (!fields.Has("sources")) names.emplace_back("default");
  for (std::size_t i = 0; i < config.webhooks.size(); ++i) {
    const std::vector<std::string>& wanted = config.webhooks[i].sources;
    for (std::size_t j = 0; j < wanted.size(); ++j) {
      const bool known =
          wanted[j].empty() ||
          std::find(names.begin(), names.end(), wanted[j]) != names.end();
      fields.Check(known, Element(Element("webhooks", i, ".sources"), j),
                   "no source has this name; write that of one of 'sources'");
    }
  }
}

// Why requests to a webhook that other hosts can reach prove nothing; "" when
// they do, or when the keys that would say so have mistakes of their own.
std::string WhyUnsafe(const Fields& fields, const Config& config,
                      std::size_t index) {
  const Webhook& webhook = config.webhooks[index];
  for (const std::string_view key :
       {".public_keys", ".bearer_sha256", ".basic_sha256", ".jwt.issuer"}) {
    if (!fields.IsGood(Element("webhooks", index, key))) return "";
  }
  if (MayBeReached(config.http, webhook)) return "";
  if (!webhook.AsksForAuthorization()) {
    return Concat({"can be reached from other hosts, and webhook '",
                   webhook.name,
                   "' takes events without a signature; set its public_keys, "
                   "or listen on 127.0.0.1 or unix:/path"});
  }
  return Concat({"can be reached from other hosts, and webhook '", webhook.name,
                 "' asks for a token or password that would cross the network "
                 "in the clear; set http.tls, or its public_keys, or, behind a "
                 "proxy that has TLS, http.allow_insecure_bind: true"});
}

// Whoever can reach an unsigned webhook can make events up.
void CheckUnsigned(Fields& fields, const Config& config) {
  for (std::size_t i = 0; i < config.http.listen.size(); ++i) {
    const std::string& address = config.http.listen[i];
    if (address.empty() || IsLocal(address)) continue;
    for (std::size_t j = 0; j < config.webhooks.size(); ++j) {
      const std::string why = WhyUnsafe(fields, config, j);
      fields.Check(why.empty(), Element("http.listen", i), why);
    }
  }
}

// An address serves one listener.
void CheckAddresses(Fields& fields, const Config& config) {
  const std::pair<const char*, const std::vector<std::string>*> listeners[] = {
      {"grpc.listen", &config.grpc.listen},
      {"http.listen", &config.http.listen},
      {"admin.listen", &config.admin.listen}};
  struct Owner {
    std::string place;
    bool is_default;
  };
  std::map<std::string_view, Owner> taken;  // By address.
  for (const auto& [listener, addresses] : listeners) {
    const bool is_default = !fields.Has(listener);
    for (std::size_t i = 0; i < addresses->size(); ++i) {
      const std::string& address = (*addresses)[i];
      Owner here{Element(listener, i), is_default};
      // A duplicate in its own list was reported already.
      const bool counts = is_default || fields.IsGood(here.place);
      if (!counts || address.empty() || address.ends_with(":0")) continue;
      const auto [other, is_free] = taken.try_emplace(address, here);
      if (is_free) continue;
      // At the one that the file names.
      if (is_default) std::swap(here, other->second);
      fields.Check(
          false, here.place,
          Concat({other->second.is_default ? "is the default address of "
                                           : "is the address of ",
                  other->second.place, ", too; give each a port of its own"}));
    }
  }
}

}  // namespace

void UnixRows(Fields& fields, UnixFile& file) {
  fields.Text("unix_mode", file.mode,
              {.check = &CheckMode, .may_be_empty = true});
  fields.Text("unix_group", file.group, {.may_be_empty = true});
}

void Rows(Fields& fields, Http& http) {
  constexpr Range<std::int32_t> kPeers = {1, 1'000'000};
  constexpr Range<std::int32_t> kHandshakes = {1, 100'000};
  fields.Texts("listen", http.listen, {.check = &CheckListen, .max_count = 16});
  http.listen_is_default.value = !fields.Has("listen");
  fields.Flag("allow_insecure_bind", http.allow_insecure_bind);
  UnixRows(fields, http.unix_file);
  fields.Section("tls", http.tls);
  fields.Texts("allowed_hosts", http.allowed_hosts, {.check = &CheckHostName});
  fields.Texts("trusted_proxies", http.trusted_proxies,
               {.check = &CheckNetwork});
  fields.Flag("proxy_protocol", http.proxy_protocol);
  fields.Check(!http.proxy_protocol || !http.trusted_proxies.empty() ||
                   !fields.IsGood("trusted_proxies"),
               "proxy_protocol",
               "believes what a connection says of itself, so it needs "
               "trusted_proxies, the addresses of those that may say it");
  fields.Bytes("max_body_bytes", http.max_body_bytes, {kKib, 64 * kMib});
  fields.Bytes("max_bytes_in_flight", http.max_bytes_in_flight, {kMib, kTib});
  fields.Bytes("min_body_rate", http.min_body_rate, {0, kKib * kMib});
  fields.Duration("min_body_rate_grace", http.min_body_rate_grace, kTimeouts);
  fields.Integer("max_connections", http.max_connections, {4, 1'000'000});
  fields.Integer("max_connections_per_peer", http.max_connections_per_peer,
                 kPeers);
  fields.Integer("max_handshakes", http.max_handshakes, kHandshakes);
  fields.Integer("max_handshakes_per_peer", http.max_handshakes_per_peer,
                 kHandshakes);
  fields.Bytes("max_header_bytes", http.max_header_bytes, {kKib, kMib});
  fields.Integer("max_headers", http.max_headers, {1, 1'000});
  fields.Duration("header_timeout", http.header_timeout, kTimeouts);
  fields.Duration("body_timeout", http.body_timeout, kTimeouts);
  fields.Duration("idle_timeout", http.idle_timeout, kTimeouts);
  fields.Duration("max_connection_age", http.max_connection_age,
                  {absl::Seconds(1), absl::Hours(720)});
}

void Rows(Fields& fields, Admin& admin) {
  fields.Texts("listen", admin.listen,
               {.check = &CheckListen, .max_count = 16});
  admin.listen_is_default.value = !fields.Has("listen");
  fields.Flag("allow_insecure_bind", admin.allow_insecure_bind);
  UnixRows(fields, admin.unix_file);
  fields.Texts("allowed_hosts", admin.allowed_hosts, {.check = &CheckHostName});
  if (admin.allow_insecure_bind || !fields.IsGood("allow_insecure_bind")) {
    return;
  }
  for (std::size_t i = 0; i < admin.listen.size(); ++i) {
    fields.Check(
        admin.listen[i].empty() || IsLocal(admin.listen[i]),
        Element("listen", i),
        "can be reached from other hosts, and everybody may look; listen on "
        "127.0.0.1 or unix:/path, or say admin.allow_insecure_bind: true");
  }
}

void Rows(Fields& fields, Webhook& webhook) {
  fields.Text("name", webhook.name, {.check = &CheckName});
  // Not shown: what was pasted may be a private key.
  fields.Texts("public_keys", webhook.public_keys,
               {.check = &CheckPublicKey,
                .max_count = kMaxKeys,
                .show = false,
                .many_lines = true});
  fields.Duration("replay_window", webhook.replay_window,
                  {absl::ZeroDuration(), absl::Hours(720)});
  fields.Texts("sources", webhook.sources, {.max_count = kMaxSources});
  fields.Texts("bearer_sha256", webhook.bearer_sha256,
               {.check = &CheckHash, .show = false});
  fields.Texts("basic_sha256", webhook.basic_sha256,
               {.check = &CheckPairHash, .show = false});
  fields.Section("jwt", webhook.jwt);
}

void Rows(Fields& fields, Jwt& jwt) {
  fields.Text("issuer", jwt.issuer, {.may_be_empty = true});
  fields.Text("audience", jwt.audience, {.may_be_empty = true});
  fields.Texts("public_keys", jwt.public_keys,
               {.check = &CheckJwtKey,
                .max_count = kMaxKeys,
                .show = false,
                .many_lines = true});
  fields.Text("jwks_file", jwt.jwks_file, {.may_be_empty = true});
  fields.Text("jwks_url", jwt.jwks_url,
              {.check = &CheckKeySetUrl, .may_be_empty = true});
  fields.Duration("jwks_interval", jwt.jwks_interval,
                  {absl::Seconds(10), absl::Hours(24)});
  fields.Duration("leeway", jwt.leeway,
                  {absl::ZeroDuration(), absl::Minutes(10)});
  const bool has_keys = !jwt.public_keys.empty() || !jwt.jwks_file.empty() ||
                        !jwt.jwks_url.empty();
  const bool has_any = has_keys || !jwt.issuer.empty() || !jwt.audience.empty();
  for (const std::string_view key :
       {"issuer", "audience", "public_keys", "jwks_file", "jwks_url"}) {
    if (!fields.IsGood(key)) return;  // Its own mistake comes first.
  }
  fields.Check(!has_any || !jwt.issuer.empty(), "issuer",
               "is missing; give what the tokens have as 'iss'");
  fields.Check(!has_any || !jwt.audience.empty(), "audience",
               "is missing; give what the tokens have as 'aud', because a "
               "token that was made for another service must not be taken");
  fields.Check(!has_any || has_keys, "public_keys",
               "is missing; give the issuer's keys: public_keys, jwks_file or "
               "jwks_url");
}

void CheckListeners(Fields& fields, const Config& config) {
  if (fields.Has("webhooks")) {
    CheckNames(fields, config.webhooks);
    CheckTargets(fields, config);
  }
  if (fields.Has("http.listen")) CheckUnsigned(fields, config);
  CheckAddresses(fields, config);
}

}  // namespace segrid::config
