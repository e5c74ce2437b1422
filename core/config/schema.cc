#include "core/config/schema.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "core/config/network_address.h"
#include "core/config/source_tag.h"
#include "core/config/text.h"

namespace segrid::config {
namespace {

constexpr std::int64_t kKib = std::int64_t{1} << 10;
constexpr std::int64_t kMib = std::int64_t{1} << 20;
constexpr std::int64_t kGib = std::int64_t{1} << 30;
constexpr std::int64_t kTib = std::int64_t{1} << 40;

constexpr std::array<std::string_view, 2> kStores = {"memory", "embedded"};
constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warning",
                                                     "error"};
constexpr std::array<std::string_view, 2> kFormats = {"json", "text"};

std::string Element(std::size_t index, std::string_view key) {
  return Concat({"sources[", std::to_string(index), "].", key});
}

// Notes the sources of which `values[i]` was already there; `say` gives the
// message from the name and the line of the first. "" is no value.
template <class Say>
void CheckUnique(Fields& fields, const std::vector<std::string>& values,
                 std::string_view key, Say say) {
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].empty()) continue;
    const auto [seen, is_new] = first.emplace(values[i], i);
    if (is_new) continue;
    fields.Check(
        false, Element(i, key),
        say(seen->second,
            std::to_string(fields.LineOf(Element(seen->second, key)))));
  }
}

// What must hold between sources.
void CheckSources(Fields& fields, const std::vector<Source>& sources) {
  std::vector<std::string> names, tags, paths;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Source& source = sources[i];
    names.push_back(source.name);
    // Twins have one tag by nature; say that once.
    const bool is_twin = std::find(names.begin(), names.end() - 1,
                                   source.name) != names.end() - 1;
    tags.push_back(is_twin || source.name.empty() ? "" : TagOf(source.name));
    const bool is_file = source.receiver == "file" && !source.path.empty();
    paths.push_back(
        is_file ? std::filesystem::path(source.path).lexically_normal() : "");
  }
  CheckUnique(fields, names, "name", [](std::size_t, const std::string& line) {
    return Concat({"another source has this name, see line ", line,
                   "; names must be unique"});
  });
  CheckUnique(
      fields, tags, "name", [&](std::size_t first, const std::string& line) {
        return Concat({"has the same tag '", tags[first], "' as source '",
                       names[first], "' in line ", line,
                       "; tags keep message ids of sources apart: "
                       "choose another name"});
      });
  CheckUnique(fields, paths, "path", [](std::size_t, const std::string& line) {
    return Concat({"another source writes to this file, see line ", line,
                   "; give each its own"});
  });
}

// What is reachable from other hosts needs client certificates.
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

}  // namespace

void Rows(Fields& fields, Config& config) {
  fields.Text("data_dir", config.data_dir, {});
  fields.Section("grpc", config.grpc);
  fields.Section("queue", config.queue);
  fields.Sections("sources", config.sources, kMaxSources);
  fields.Section("logging", config.logging);
  fields.Section("drain", config.drain);
  if (fields.Has("sources")) CheckSources(fields, config.sources);
}

void Rows(Fields& fields, Grpc& grpc) {
  fields.Texts("listen", grpc.listen,
               {.check = &CheckListen, .min_count = 1, .max_count = 16});
  fields.Flag("allow_insecure_bind", grpc.allow_insecure_bind);
  fields.Section("tls", grpc.tls);
  fields.Bytes("max_message_bytes", grpc.max_message_bytes, {kKib, 64 * kMib});
  fields.Integer("max_events", grpc.max_events, {1, 1'000'000});
  CheckListeners(fields, grpc);
}

void Rows(Fields& fields, Tls& tls) {
  fields.Text("cert", tls.cert, {.may_be_empty = true});
  fields.Text("key", tls.key, {.may_be_empty = true});
  fields.Text("client_ca", tls.client_ca, {.may_be_empty = true});
  const bool good = fields.IsGood("cert") && fields.IsGood("key");
  fields.Check(!good || tls.cert.empty() || !tls.key.empty(), "key",
               "is missing; 'cert' needs its private key, a PEM file");
  fields.Check(!good || !tls.cert.empty() || tls.key.empty(), "cert",
               "is missing; 'key' needs its certificate, a PEM file");
  fields.Check(
      !good || !tls.cert.empty() || !tls.key.empty() || tls.client_ca.empty(),
      "client_ca", "works only with TLS; set 'cert' and 'key' too");
}

void Rows(Fields& fields, Queue& queue) {
  std::string store(kStores[queue.store == Queue::Store::kMemory ? 0 : 1]);
  fields.Word("store", store, kStores);
  queue.store =
      store == kStores[0] ? Queue::Store::kMemory : Queue::Store::kEmbedded;
  fields.Bytes("max_bytes", queue.max_bytes, {kMib, 1024 * kTib});
  fields.Duration("dedup_window", queue.dedup_window,
                  {absl::Minutes(1), absl::Hours(720)});
  fields.Bytes("dedup_memory", queue.dedup_memory_bytes, {kMib, 64 * kGib});
}

void Rows(Fields& fields, Logging& logging) {
  fields.Word("level", logging.level, kLevels);
  fields.Word("format", logging.format, kFormats);
}

void Rows(Fields& fields, Drain& drain) {
  fields.Duration("delay", drain.delay, {absl::ZeroDuration(), absl::Hours(1)});
  fields.Duration("grace", drain.grace, {absl::ZeroDuration(), absl::Hours(1)});
}

}  // namespace segrid::config
