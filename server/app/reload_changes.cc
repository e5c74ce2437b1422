#include "server/app/reload_changes.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "core/config/changes.h"
#include "core/config/network_address.h"

namespace segrid::app {
namespace {

// The addresses of `from` that stay open.
std::vector<std::string> Kept(const std::vector<std::string>& from,
                              const std::vector<std::string>& to) {
  std::vector<std::string> kept;
  std::copy_if(from.begin(), from.end(), std::back_inserter(kept),
               [&to](const auto& address) {
                 return std::find(to.begin(), to.end(), address) != to.end();
               });
  return kept;
}

// True if an address that other machines can reach is closed. Who is connected
// through it may still be there for a moment, and nobody has checked that what
// the new configuration asks of callers is enough for them.
bool GivesUpAPublicOne(const std::vector<std::string>& from,
                       const std::vector<std::string>& to) {
  return std::any_of(from.begin(), from.end(), [&to](const auto& address) {
    return !config::IsLocal(address) &&
           std::find(to.begin(), to.end(), address) == to.end();
  });
}

}  // namespace

config::Config WithReloadable(const config::Config& from,
                              const config::Config& to) {
  config::Config result = from;
  result.sources = to.sources;
  result.logging.level = to.logging.level;
  result.drain = to.drain;
  result.reload = to.reload;
  result.grpc.listen = Kept(from.grpc.listen, to.grpc.listen);
  result.http.listen = Kept(from.http.listen, to.http.listen);
  result.admin.listen = Kept(from.admin.listen, to.admin.listen);
  if (!GivesUpAPublicOne(from.grpc.listen, to.grpc.listen)) {
    result.grpc.tokens = to.grpc.tokens;
    result.grpc.tls = to.grpc.tls;
  }
  if (GivesUpAPublicOne(from.http.listen, to.http.listen)) return result;
  // With or without TLS is the nature of the sockets.
  if (from.http.tls.cert.empty() == to.http.tls.cert.empty()) {
    result.http.tls = to.http.tls;
  }
  result.webhooks = to.webhooks;
  return result;
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
