#include "server/app/http_listeners.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "absl/time/clock.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "server/http/host_rules.h"
#include "server/http/tls.h"
#include "server/webhook/unknown_path.h"

namespace segrid::app {
namespace {

constexpr char kDefaultName[] = "default";
// For sockets to close: as long as a listener's threads may be busy.
constexpr absl::Duration kToClose = absl::Seconds(5);

// The name of this machine, or of its container.
std::string HostName() {
  std::array<char, 256> name{};
  // The last byte stays a zero, whatever is written.
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data()
                                                        : "unknown";
}

std::string Addresses(const std::unique_ptr<httpd::Listener>& listener) {
  std::string joined;
  if (listener == nullptr) return joined;
  for (const std::string& address : listener->addresses()) {
    joined.append(joined.empty() ? "" : ", ").append(address);
  }
  return joined;
}

httpd::Options OptionsOf(const config::Http& http) {
  httpd::Options options;
  options.name = "http";
  options.listen = http.listen;
  options.unix_file = http.unix_file;
  options.max_connections = http.max_connections;
  options.max_connections_per_peer = http.max_connections_per_peer;
  options.max_header_bytes = static_cast<std::int32_t>(http.max_header_bytes);
  options.max_headers = http.max_headers;
  options.max_bytes_in_flight = http.max_bytes_in_flight;
  options.max_handshakes = http.max_handshakes;
  options.max_handshakes_per_peer = http.max_handshakes_per_peer;
  options.trusted_proxies = http.trusted_proxies;
  options.proxy_protocol = http.proxy_protocol;
  options.min_body_rate = http.min_body_rate;
  options.min_body_rate_grace = http.min_body_rate_grace;
  options.max_connection_age = http.max_connection_age;
  options.header_timeout = http.header_timeout;
  options.body_timeout = http.body_timeout;
  options.idle_timeout = http.idle_timeout;
  return options;
}

httpd::Options OptionsOf(const config::Admin& admin) {
  httpd::Options options;
  options.name = "admin";
  options.listen = admin.listen;
  options.unix_file = admin.unix_file;
  options.max_connections = 1'000;
  options.max_connections_per_peer = 1'000;
  return options;
}

// The same routes, answered in `thread`, because what they show is asked of
// parts that may wait. For no other hosts than those that may ask.
void AddInThread(const httpd::Router& pages, pool::SerialThread& thread,
                 const std::vector<std::string>& allowed_hosts,
                 httpd::Router& router) {
  for (httpd::Route route : pages.routes()) {
    route = httpd::ForKnownHosts(std::move(route), allowed_hosts);
    route.handle = [&thread, handle = std::move(route.handle)](
                       const httpd::Request& request, httpd::Respond respond) {
      thread.Post([handle, request, respond = std::move(respond)] {
        handle(request, respond);
      });
    };
    router.Add(std::move(route));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpListeners>> HttpListeners::Open(
    const HttpEnvironment& environment) {
  std::unique_ptr<HttpListeners> listeners(new HttpListeners(environment));
  SEGRID_ASSIGN_OR_RETURN(Webhooks webhooks,
                          listeners->WebhooksOf(environment.config));
  {
    absl::MutexLock lock(&listeners->mu_);
    listeners->webhooks_ = std::move(webhooks);
  }
  SEGRID_RETURN_IF_ERROR(listeners->OpenHttp());
  SEGRID_RETURN_IF_ERROR(listeners->OpenAdmin());
  return listeners;
}

absl::StatusOr<std::shared_ptr<webhook::Webhook>> HttpListeners::MakeWebhook(
    const config::Webhook& options) {
  SEGRID_ASSIGN_OR_RETURN(
      std::shared_ptr<webhook::Webhook> made,
      webhook::Webhook::Create(
          options, environment_.config.http.max_body_bytes,
          {environment_.clock, environment_.pipeline, environment_.log,
           [&admission = environment_.admission] {
             return admission.accepting();
           },
           environment_.config.http.allowed_hosts,
           [this](const config::Jwt& jwt) { return FetchedKeys(jwt); }}));
  WarnOfUnsigned(options);
  return made;
}

absl::StatusOr<HttpListeners::Webhooks> HttpListeners::WebhooksOf(
    const config::Config& config) {
  const Webhooks before = webhooks();
  Webhooks all;
  for (const config::Webhook& options : config.webhooks) {
    const auto known = std::find_if(
        before.begin(), before.end(),
        [&options](const auto& each) { return each->name() == options.name; });
    if (known == before.end()) {
      SEGRID_ASSIGN_OR_RETURN(all.emplace_back(), MakeWebhook(options));
    } else {
      SEGRID_RETURN_IF_ERROR((*known)->Check(options));
      all.push_back(*known);
    }
  }
  return all;
}

std::shared_ptr<jwt::FetchedKeys> HttpListeners::FetchedKeys(
    const config::Jwt& jwt) {
  if (jwt.jwks_url.empty()) return nullptr;
  std::unique_ptr<jwt::KeyFetcher>& fetcher = fetchers_[jwt.jwks_url];
  if (fetcher != nullptr) return fetcher->keys();
  auto started = jwt::KeyFetcher::Start(
      jwt.jwks_url, jwt.jwks_interval, environment_.clock,
      [&log = environment_.log](const absl::Status& status) {
        log.Warning(
            "the keys of a webhook's jwks_url cannot be fetched; those of "
            "before stay",
            {{"reason", base::ReasonOf(status)},
             {"detail", std::string(status.message())}});
      });
  if (!started.ok()) {
    environment_.log.Error(
        "the keys of a webhook's jwks_url cannot be fetched",
        {{"detail", std::string(started.status().message())}});
    return std::make_shared<jwt::FetchedKeys>();
  }
  fetcher = *std::move(started);
  return fetcher->keys();
}

void HttpListeners::WarnOfUnsigned(const config::Webhook& webhook) const {
  if (environment_.config.http.listen.empty() || webhook.Authenticates()) {
    return;
  }
  environment_.log.Warning(
      "this webhook takes unsigned events from every process on this "
      "machine, and refuses those that a proxy passes on; set its "
      "public_keys before the world can reach it",
      {{"webhook", webhook.name}});
}

metrics::Sources HttpListeners::MetricSources() const {
  metrics::Sources sources;
  sources.clock = &environment_.clock;
  sources.queue = &environment_.queue;
  sources.deliverer = &environment_.deliverer;
  sources.events = &environment_.figures.events;
  sources.calls = &environment_.figures.calls;
  sources.deliveries = &environment_.figures.deliveries;
  sources.refusals = &environment_.figures.refusals;
  sources.reloads = &environment_.figures.reloads;
  sources.failed_reloads = &environment_.figures.failed_reloads;
  sources.webhooks = [this] { return webhooks(); };
  sources.all_bytes = environment_.all_bytes.get();
  sources.grpc_bytes = &environment_.grpc_bytes;
  sources.grpc_connections = [&grpc = environment_.grpc] {
    const rpc::AcceptCounts& counts = grpc.counts();
    return metrics::Connections{
        counts.open,     counts.accepted,         counts.refused,
        counts.failures, counts.handshakes_ended, counts.floods_ended};
  };
  // The listeners stay until the pool, whose threads ask, has stopped.
  sources.listeners = [this] {
    absl::MutexLock lock(&mu_);
    std::vector<const httpd::Listener*> listeners;
    if (http_ != nullptr) listeners.push_back(http_.get());
    if (admin_ != nullptr) listeners.push_back(admin_.get());
    return listeners;
  };
  sources.ready = [checks = environment_.readiness.Checks()] {
    return std::all_of(checks.begin(), checks.end(), [](const auto& check) {
      return check.reason().empty();
    });
  };
  return sources;
}

status_page::Sources HttpListeners::StatusSources() {
  status_page::Sources sources;
  sources.clock = &environment_.clock;
  sources.queue = &environment_.queue;
  sources.deliverer = &environment_.deliverer;
  sources.events = &environment_.figures.events;
  sources.latency = std::make_shared<status_page::RecentLatency>(
      environment_.figures.deliveries);
  sources.start_time = environment_.clock.Now();
  sources.server_name = HostName();
  sources.label = environment_.label;
  sources.not_ready_reason = [checks = environment_.readiness.Checks()] {
    for (const httpd::Check& check : checks) {
      if (std::string reason = check.reason(); !reason.empty()) return reason;
    }
    return std::string();
  };
  sources.history = std::make_shared<status_page::History>(
      [sources] { return status_page::TakeTotals(sources); });
  sources.history->Start(environment_.delivery);
  return sources;
}

httpd::Router HttpListeners::HttpRoutes() const {
  httpd::Router router;
  std::vector<std::string> names;
  const Webhooks all = webhooks();
  for (const auto& each : all) {
    each->AddRoutes(router, all.size() == 1 || each->name() == kDefaultName);
    names.push_back(each->name());
  }
  webhook::AddUnknownPath(router, names);
  httpd::AddProbes(router, environment_.readiness.Checks());
  return router;
}

absl::Status HttpListeners::OpenHttp() {
  const config::Http& config = environment_.config.http;
  if (config.listen.empty()) return absl::OkStatus();
  SEGRID_ASSIGN_OR_RETURN(
      httpd::TlsContext tls,
      httpd::MakeTlsContext(config.tls, environment_.clock.Now()));
  httpd::Options options = OptionsOf(config);
  options.shared_budget = environment_.all_bytes;
  return Listen(
      http_, std::move(options), HttpRoutes(), environment_.http_io,
      std::move(tls),
      config.listen_is_default.value && config.listen == config::Http().listen);
}

absl::Status HttpListeners::OpenAdmin() {
  const config::Admin& config = environment_.config.admin;
  if (config.listen.empty()) return absl::OkStatus();
  httpd::Router router;
  httpd::AddProbes(router, environment_.readiness.Checks());
  httpd::Router pages;
  pages.Add(httpd::GetRoute(
      "/metrics", [sources = MetricSources()](const httpd::Request& request) {
        return metrics::MetricsAnswer(sources, request);
      }));
  status_page::AddRoutes(pages, StatusSources());
  AddInThread(pages, pages_, config.allowed_hosts, router);
  return Listen(admin_, OptionsOf(config), std::move(router),
                environment_.admin_io, nullptr,
                config.listen_is_default.value &&
                    config.listen == config::Admin().listen);
}

absl::Status HttpListeners::Listen(std::unique_ptr<httpd::Listener>& place,
                                   httpd::Options options, httpd::Router router,
                                   pool::ThreadPool& io, httpd::TlsContext tls,
                                   bool may_stay_closed) {
  const std::string name = options.name;
  auto listener = httpd::Listener::Start(
      std::move(options), std::move(router),
      {io.io(), environment_.clock,
       [&refusals = environment_.refusals, name](const httpd::Answer& answer) {
         refusals.OnRequest(name, answer);
       },
       [&refusals = environment_.refusals,
        name](tls::HandshakeFailure failure) {
         refusals.OnHandshake(name, failure);
       }},
      std::move(tls));
  if (listener.ok()) {
    absl::MutexLock lock(&mu_);  // It serves already, and may ask for itself.
    place = *std::move(listener);
    return absl::OkStatus();
  }
  if (!may_stay_closed ||
      base::ReasonOf(listener.status()) != "CANNOT_LISTEN") {
    return std::move(listener).status();
  }
  environment_.log.Warning(
      "this listener stays closed: its default address is not available; set "
      "its 'listen' in the configuration",
      {{"listener", name},
       {"detail", std::string(listener.status().message())}});
  return absl::OkStatus();
}

absl::StatusOr<bool> HttpListeners::Reload(const config::Config& config,
                                           httpd::TlsContext tls) {
  // First all of them are looked at, so that an error changes none.
  SEGRID_ASSIGN_OR_RETURN(Webhooks next, WebhooksOf(config));
  // Who came through a closed address shall not meet what is allowed now.
  const absl::Time deadline = absl::Now() + kToClose;
  if (http_ != nullptr) http_->KeepAddresses(config.http.listen, deadline);
  if (admin_ != nullptr) admin_->KeepAddresses(config.admin.listen, deadline);
  for (std::size_t i = 0; i < next.size(); ++i) {
    SEGRID_RETURN_IF_ERROR(next[i]->Replace(config.webhooks[i]));
  }
  {
    absl::MutexLock lock(&mu_);
    webhooks_ = std::move(next);
  }
  if (http_ == nullptr) return false;
  http_->ReplaceRoutes(HttpRoutes());
  return tls != nullptr && http_->ReplaceTls(std::move(tls));
}

std::string HttpListeners::HttpAddresses() const { return Addresses(http_); }
std::string HttpListeners::AdminAddresses() const { return Addresses(admin_); }

void HttpListeners::Drain(absl::Time deadline) {
  if (http_ != nullptr) http_->Drain(deadline);
}

}  // namespace segrid::app
