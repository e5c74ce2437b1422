#include "server/app/reload_changes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/config/network_address.h"

namespace segrid::app {
namespace {

// True if an address of `from` that other machines can reach is not one of
// `to`. It stays open until the restart, and nobody has checked that what `to`
// asks of callers is enough there.
bool Exposes(const std::vector<std::string>& from,
             const std::vector<std::string>& to) {
  return std::any_of(from.begin(), from.end(), [&to](const auto& address) {
    return !config::IsLocal(address) &&
           std::find(to.begin(), to.end(), address) == to.end();
  });
}

bool HasSources(const config::Config& config,
                const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(), [&config](const auto& name) {
    return std::any_of(
        config.sources.begin(), config.sources.end(),
        [&name](const auto& source) { return source.name == name; });
  });
}

// `webhook` is one of `running`'s.
void TakeWebhook(const config::Webhook& to, const config::Config& running,
                 config::Webhook& webhook) {
  std::vector<std::string> sources = std::move(webhook.sources);
  webhook = to;
  // A source that does not run yet could take nothing.
  if (!HasSources(running, to.sources)) webhook.sources = std::move(sources);
}

}  // namespace

config::Config WithReloadable(const config::Config& from,
                              const config::Config& to) {
  config::Config result = from;
  result.logging.level = to.logging.level;
  result.drain = to.drain;
  result.reload = to.reload;
  if (!Exposes(from.grpc.listen, to.grpc.listen)) {
    result.grpc.tokens = to.grpc.tokens;
    result.grpc.tls = to.grpc.tls;
  }
  if (Exposes(from.http.listen, to.http.listen)) return result;
  // With or without TLS is the nature of the sockets.
  if (from.http.tls.cert.empty() == to.http.tls.cert.empty()) {
    result.http.tls = to.http.tls;
  }
  for (config::Webhook& webhook : result.webhooks) {
    for (const config::Webhook& other : to.webhooks) {
      if (other.name == webhook.name) TakeWebhook(other, from, webhook);
    }
  }
  return result;
}

std::vector<std::string> CertificateFiles(const config::Config& config) {
  const config::Tls& grpc = config.grpc.tls;
  const config::Tls& http = config.http.tls;
  return {grpc.cert, grpc.key, grpc.client_ca,
          http.cert, http.key, http.client_ca};
}

std::string Differences(const config::Config& a, const config::Config& b) {
  std::string names;
  const auto add = [&names](bool equal, const char* name) {
    if (!equal) names.append(names.empty() ? "" : ", ").append(name);
  };
  add(a.data_dir == b.data_dir, "data_dir");
  add(a.max_bytes_in_flight == b.max_bytes_in_flight, "max_bytes_in_flight");
  add(a.grpc.tls == b.grpc.tls, "grpc.tls");
  add(a.grpc.tokens == b.grpc.tokens, "grpc.tokens");
  config::Grpc rest = b.grpc;
  rest.tls = a.grpc.tls;
  rest.tokens = a.grpc.tokens;
  add(a.grpc == rest, "grpc");
  add(a.http.tls == b.http.tls, "http.tls");
  config::Http other = b.http;
  other.tls = a.http.tls;
  add(a.http == other, "http");
  add(a.webhooks == b.webhooks, "webhooks");
  add(a.admin == b.admin, "admin");
  add(a.queue == b.queue, "queue");
  add(a.sources == b.sources, "sources");
  add(a.logging.level == b.logging.level, "logging.level");
  add(a.logging.format == b.logging.format, "logging.format");
  add(a.drain == b.drain, "drain");
  add(a.reload == b.reload, "reload");
  // A part without a name here would change unseen.
  if (names.empty() && a != b) names = "others";
  return names;
}

}  // namespace segrid::app
