// The keys of the HTTP doors: webhooks, and the page and figures for operators.

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

// Whoever can reach an unsigned webhook can make events up.
void CheckUnsigned(Fields& fields, const Config& config) {
  for (std::size_t i = 0; i < config.http.listen.size(); ++i) {
    const std::string& address = config.http.listen[i];
    if (address.empty() || IsLocal(address)) continue;
    for (std::size_t j = 0; j < config.webhooks.size(); ++j) {
      fields.Check(
          !config.webhooks[j].public_keys.empty() ||
              !fields.IsGood(Element("webhooks", j, ".public_keys")),
          Element("http.listen", i),
          Concat({"can be reached from other hosts, and webhook '",
                  config.webhooks[j].name,
                  "' takes events without a signature; set its public_keys, or "
                  "listen on 127.0.0.1 or unix:/path"}));
    }
  }
}

// An address serves one door.
void CheckAddresses(Fields& fields, const Config& config) {
  const std::pair<const char*, const std::vector<std::string>*> doors[] = {
      {"grpc.listen", &config.grpc.listen},
      {"http.listen", &config.http.listen},
      {"admin.listen", &config.admin.listen}};
  struct Owner {
    std::string place;
    bool is_default;
  };
  std::map<std::string_view, Owner> taken;  // By address.
  for (const auto& [door, addresses] : doors) {
    const bool is_default = !fields.Has(door);
    for (std::size_t i = 0; i < addresses->size(); ++i) {
      const std::string& address = (*addresses)[i];
      Owner here{Element(door, i), is_default};
      // Standing twice in its own list is said already.
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

void Rows(Fields& fields, Http& http) {
  constexpr Range<std::int32_t> kPeers = {1, 1'000'000};
  fields.Texts("listen", http.listen, {.check = &CheckListen, .max_count = 16});
  fields.Section("tls", http.tls);
  fields.Bytes("max_body_bytes", http.max_body_bytes, {kKib, 64 * kMib});
  fields.Bytes("max_bytes_in_flight", http.max_bytes_in_flight, {kMib, kTib});
  fields.Integer("max_connections", http.max_connections, {4, 1'000'000});
  fields.Integer("max_connections_per_peer", http.max_connections_per_peer,
                 kPeers);
  fields.Bytes("max_header_bytes", http.max_header_bytes, {kKib, kMib});
  fields.Integer("max_headers", http.max_headers, {1, 1'000});
  fields.Duration("header_timeout", http.header_timeout, kTimeouts);
  fields.Duration("body_timeout", http.body_timeout, kTimeouts);
  fields.Duration("idle_timeout", http.idle_timeout, kTimeouts);
}

void Rows(Fields& fields, Admin& admin) {
  fields.Texts("listen", admin.listen,
               {.check = &CheckListen, .max_count = 16});
  fields.Flag("allow_insecure_bind", admin.allow_insecure_bind);
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
}

void CheckDoors(Fields& fields, const Config& config) {
  if (fields.Has("webhooks")) {
    CheckNames(fields, config.webhooks);
    CheckTargets(fields, config);
  }
  if (fields.Has("http.listen")) CheckUnsigned(fields, config);
  CheckAddresses(fields, config);
}

}  // namespace segrid::config
