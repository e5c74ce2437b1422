// The two HTTP listeners: webhooks for SendGrid, figures for operators.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/deliver/deliverer.h"
#include "core/pipeline/pipeline.h"
#include "core/pool/serial_thread.h"
#include "core/pool/thread_pool.h"
#include "core/queue/queue.h"
#include "server/app/figures.h"
#include "server/app/readiness.h"
#include "server/app/refusal_log.h"
#include "server/budget/byte_budget.h"
#include "server/http/listener.h"
#include "server/http/probes.h"
#include "server/jwt/key_fetcher.h"
#include "server/logging/log.h"
#include "server/metrics/collector.h"
#include "server/rpc/admission.h"
#include "server/rpc/grpc_server.h"
#include "server/status_page/routes.h"
#include "server/webhook/webhook.h"

namespace segrid::app {

// The parts that the listeners work with; all must outlive them.
struct HttpEnvironment {
  const config::Config& config;
  base::Clock& clock;
  logging::Log& log;
  pool::ThreadPool& http_io;  // The threads of each listener.
  pool::ThreadPool& admin_io;
  pool::ThreadPool& delivery;
  queue::Queue& queue;
  deliver::Deliverer& deliverer;
  pipeline::Pipeline& pipeline;
  rpc::Admission& admission;
  const Readiness& readiness;
  const Figures& figures;
  RefusalLog& refusals;
  // The bytes of requests in progress: at all listeners, and at gRPC.
  std::shared_ptr<budget::ByteBudget> all_bytes;
  const budget::ByteBudget& grpc_bytes;
  const rpc::GrpcServer& grpc;
  // The text for people of a source; "" without one.
  std::function<std::string(const std::string& source)> label;
};

// Open from Open() until the listeners' threads are stopped; the webhooks'
// listener until Drain.
//
// Ownership:     owns the listeners, the webhooks, and the thread that makes
// the
//                operators' pages, because these ask the queue, which may wait.
// Thread safety: any thread.
// Blocking:      Drain, as it says.
class HttpListeners {
 public:
  // Opens the addresses of the configuration. Where nobody asked for one, and
  // the default is taken by another process, the listener is left out with a
  // warning.
  //
  // UNAVAILABLE, CANNOT_LISTEN:             another address cannot be opened.
  // FAILED_PRECONDITION, BAD_CERTIFICATE:   see httpd::MakeTlsContext.
  // INVALID_ARGUMENT, BAD_PUBLIC_KEY:       see webhook::Webhook.
  static absl::StatusOr<std::unique_ptr<HttpListeners>> Open(
      const HttpEnvironment& environment);

  HttpListeners(const HttpListeners&) = delete;
  HttpListeners& operator=(const HttpListeners&) = delete;

  // Closes the addresses that `config` lacks, takes its webhooks, some of which
  // may be new, and `tls`, which is null as long as the listener has none. True
  // if it shows another certificate. One at a time; not in a listener's thread,
  // because it waits until the addresses are closed.
  // INVALID_ARGUMENT, BAD_PUBLIC_KEY: only where `config` is not valid.
  absl::StatusOr<bool> Reload(const config::Config& config,
                              httpd::TlsContext tls);

  // Null where the listener is not open.
  httpd::Listener* http() { return http_.get(); }
  httpd::Listener* admin() { return admin_.get(); }
  using Webhooks = std::vector<std::shared_ptr<webhook::Webhook>>;
  Webhooks webhooks() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return webhooks_;
  }

  // Where they listen; "" for a listener that is not open.
  std::string HttpAddresses() const;
  std::string AdminAddresses() const;

  // Ends the webhooks' listener; see httpd::Listener::Drain. Operators can
  // still look.
  void Drain(absl::Time deadline);

 private:
  explicit HttpListeners(const HttpEnvironment& environment)
      : environment_(environment) {}

  absl::StatusOr<std::shared_ptr<webhook::Webhook>> MakeWebhook(
      const config::Webhook& options);
  // Those of `config`: known ones, which have not changed yet, and new ones.
  absl::StatusOr<Webhooks> WebhooksOf(const config::Config& config);
  // The routes of the webhooks' listener.
  httpd::Router HttpRoutes() const;
  // The keys at the URL of `jwt`, fetched from now on; null without one.
  std::shared_ptr<jwt::FetchedKeys> FetchedKeys(const config::Jwt& jwt);
  void WarnOfUnsigned(const config::Webhook& webhook) const;
  absl::Status OpenHttp();
  absl::Status OpenAdmin();
  metrics::Sources MetricSources() const;
  status_page::Sources StatusSources();
  // Leaves the listener closed where Open says so.
  absl::Status Listen(std::unique_ptr<httpd::Listener>& place,
                      httpd::Options options, httpd::Router router,
                      pool::ThreadPool& io, httpd::TlsContext tls,
                      bool may_stay_closed);

  const HttpEnvironment environment_;
  // By URL. A reload adds; what is not used any more stays until the end.
  std::map<std::string, std::unique_ptr<jwt::KeyFetcher>> fetchers_;
  // Guards the webhooks, and the two pointers while the listeners open; these
  // do not change after.
  mutable absl::Mutex mu_;
  Webhooks webhooks_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<httpd::Listener> http_;
  std::unique_ptr<httpd::Listener> admin_;
  pool::SerialThread pages_{"pages"};
};

}  // namespace segrid::app
