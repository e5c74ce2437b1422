#include "server/app/reload_changes.h"

namespace segrid::app {

config::Config WithReloadable(const config::Config& from,
                              const config::Config& to) {
  config::Config result = from;
  result.logging.level = to.logging.level;
  result.drain = to.drain;
  result.reload = to.reload;
  result.grpc.tokens = to.grpc.tokens;
  result.grpc.tls = to.grpc.tls;
  result.http.tls = to.http.tls;
  for (config::Webhook& webhook : result.webhooks) {
    for (const config::Webhook& other : to.webhooks) {
      if (other.name == webhook.name) webhook = other;
    }
  }
  return result;
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
  add(a.http == b.http, "http");
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
