#include "server/app/reload_changes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/config/changes.h"
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

const config::Source* Find(const config::Config& config,
                           const std::string& name) {
  for (const config::Source& source : config.sources) {
    if (source.name == name) return &source;
  }
  return nullptr;
}

const config::Webhook* FindWebhook(const config::Config& config,
                                   const std::string& name) {
  for (const config::Webhook& webhook : config.webhooks) {
    if (webhook.name == name) return &webhook;
  }
  return nullptr;
}

}  // namespace

config::Config WithReloadable(const config::Config& from,
                              const config::Config& to) {
  config::Config result = from;
  result.sources = to.sources;
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
    const config::Webhook* const other = FindWebhook(to, webhook.name);
    if (other != nullptr) webhook = *other;
  }
  std::erase_if(result.webhooks, [&to](const config::Webhook& webhook) {
    return FindWebhook(to, webhook.name) == nullptr;
  });
  return result;
}

std::vector<config::Source> ChangedSources(const config::Config& from,
                                           const config::Config& to) {
  std::vector<config::Source> changed;
  for (const config::Source& source : to.sources) {
    const config::Source* const before = Find(from, source.name);
    if (before == nullptr || config::DeliversOtherwise(*before, source)) {
      changed.push_back(source);
    }
  }
  return changed;
}

std::vector<std::string> RemovedLanes(const config::Config& from,
                                      const config::Config& to) {
  std::vector<std::string> removed;
  for (const config::Source& source : from.sources) {
    const std::string& lane = config::LaneOf(source);
    const bool stays = std::any_of(to.sources.begin(), to.sources.end(),
                                   [&lane](const config::Source& other) {
                                     return config::LaneOf(other) == lane;
                                   });
    if (!stays) removed.push_back(lane);
  }
  return removed;
}

std::vector<std::string> CertificateFiles(const config::Config& config) {
  const config::Tls& grpc = config.grpc.tls;
  const config::Tls& http = config.http.tls;
  std::vector<std::string> files = {grpc.cert, grpc.key, grpc.client_ca,
                                    http.cert, http.key, http.client_ca};
  for (const config::Source& source : config.sources) {
    files.insert(files.end(),
                 {source.ca_file, source.client_cert, source.client_key});
  }
  for (const config::Webhook& webhook : config.webhooks) {
    if (!webhook.jwt.jwks_file.empty()) files.push_back(webhook.jwt.jwks_file);
  }
  return files;
}

}  // namespace segrid::app
