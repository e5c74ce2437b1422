// The whole service in one object: builds the pipeline and its listeners,
// drains them.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/deliver/deliverer.h"
#include "core/engine/engine.h"
#include "core/pool/thread_pool.h"
#include "server/app/backup_log.h"
#include "server/app/figures.h"
#include "server/app/http_listeners.h"
#include "server/app/readiness.h"
#include "server/app/refusal_log.h"
#include "server/app/reload_requests.h"
#include "server/app/reload_result.h"
#include "server/app/stop_flag.h"
#include "server/app/store_log.h"
#include "server/app/trace_log.h"
#include "server/app/watchdog.h"
#include "server/app/write_key_checks.h"
#include "server/auth/authorizer.h"
#include "server/budget/byte_budget.h"
#include "server/logging/log.h"
#include "server/rpc/admin_service.h"
#include "server/rpc/admission.h"
#include "server/rpc/bridge_service.h"
#include "server/rpc/call_guard.h"
#include "server/rpc/credentials.h"
#include "server/rpc/grpc_server.h"
#include "server/rpc/health_service.h"
#include "server/rpc/tail.h"

namespace segrid::app {

// What the application gets from main() or a test.
struct ApplicationOptions {
  config::Config config;  // Valid; see config::Load.
  // Makes the receivers of the configuration's sources; a reload asks for those
  // that come or change. They may keep references to the pool. Empty: as
  // engine::MakeSources.
  std::function<absl::StatusOr<std::vector<deliver::Source>>(
      const config::Config& config, pool::ThreadPool& pool)>
      make_sources{};
  // Takes operators' calls for a reload. Null: they are told that this server
  // cannot. Must outlive the application.
  ReloadRequests* reload_requests = nullptr;
  ReadinessOptions readiness{};
};

// A running service, from Start() to Drain().
//
// Ownership:     owns everything but `log` and `clock`, which must outlive it.
// Thread safety: RequestStop from any thread; the rest from one.
// Blocking:      Start for the disk; WaitForStop and Drain as they say; the
//                destructor as Drain without its delays.
class Application {
 public:
  // FAILED_PRECONDITION, BAD_DATA_DIR:  the data directory cannot be made.
  // Besides, the errors of the parts: CANNOT_LISTEN, BAD_CERTIFICATE, ….
  static absl::StatusOr<std::unique_ptr<Application>> Start(
      ApplicationOptions options, logging::Log& log, base::Clock& clock);

  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // Where the gRPC listener is; see rpc::GrpcServer.
  const std::vector<std::string>& addresses() const {
    return grpc_->addresses();
  }
  int port() const { return grpc_->port(); }

  // Where the HTTP listeners are.
  HttpListeners& listeners() { return *listeners_; }
  Figures& figures() { return figures_; }

  // Asks for the end: what SIGTERM and AdminService.Drain do. Idempotent.
  void RequestStop() { stop_.Raise(); }
  // Blocks until somebody asks for it.
  void WaitForStop() { stop_.Wait(); }

  // Takes what of `config`, which is valid, can change while the service runs;
  // see WithReloadable. New calls and handshakes see it. Sources come, change
  // and go; see deliver::Deliverer. Nothing changes on an error: those of
  // rpc::Credentials::Reload, httpd::MakeTlsContext and `make_sources`. Any
  // thread, one at a time.
  absl::StatusOr<ReloadResult> Reload(const config::Config& config);

  // As they are now.
  std::vector<std::string> certificate_files() const ABSL_LOCKS_EXCLUDED(mu_);
  config::Config config() const ABSL_LOCKS_EXCLUDED(mu_);
  config::Reload reload() const ABSL_LOCKS_EXCLUDED(mu_);
  config::Drain drain() const ABSL_LOCKS_EXCLUDED(mu_);

  // A TLS handshake of a gRPC client has failed. Any thread.
  void OnGrpcHandshake(tls::HandshakeFailure failure);

  // Frees what calls have left for the next ones. Any thread.
  void DropSpareMemory() {
    engine_->pipeline().DropSpareMemory();
    bridge_->DropSpareMemory();
  }

  // Runs `task` in the pool, soon: a sign of life when it does.
  void Post(std::function<void()> task) {
    engine_->pool().Post(std::move(task));
  }

  // Stops in steps: health says NOT_SERVING; after `drain.delay` new calls are
  // refused and open streams end; calls and deliveries in flight get
  // `drain.grace`. Blocks for at most both together, unless something is stuck:
  // then, or when the destructor hangs, `on_stuck` runs 0.5 s after, in another
  // thread. Call once.
  void Drain(std::function<void()> on_stuck);

 private:
  Application(ApplicationOptions options, logging::Log& log,
              base::Clock& clock);

  absl::Status Open();
  void MakeServices();
  absl::Status Listen();
  void LogStart();
  void FinishDeliveries(absl::Time deadline);

  ApplicationOptions options_;
  logging::Log& log_;
  base::Clock& clock_;
  StopFlag stop_;

  // First, so that it goes last: taking the parts down is watched, too.
  std::unique_ptr<Watchdog> watchdog_;

  Figures figures_;  // Used by all below.
  TraceLog trace_log_{log_};
  StoreLog store_log_{log_, clock_};
  BackupLog backup_log_{log_};
  rpc::Tails tails_{clock_};
  // The bytes of requests in progress: at all listeners, and at gRPC.
  const std::shared_ptr<budget::ByteBudget> all_bytes_;
  budget::ByteBudget grpc_bytes_;

  // The listeners' threads, which never wait for anything: see ARCHITECTURE.md.
  // They stop first and go last, because what waits for an answer of theirs may
  // be held by any part below.
  std::unique_ptr<pool::ThreadPool> http_io_;
  std::unique_ptr<pool::ThreadPool> admin_io_;
  // In the order of dependence: each uses only those above it.
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<RefusalLog> refusal_log_;
  rpc::Admission admission_;
  std::unique_ptr<auth::Authorizer> authorizer_;
  std::unique_ptr<rpc::CallGuard> guard_;
  std::unique_ptr<rpc::BridgeService> bridge_;
  std::unique_ptr<rpc::AdminService> admin_;
  std::unique_ptr<rpc::HealthService> health_;
  std::unique_ptr<Readiness> readiness_;
  std::unique_ptr<rpc::Credentials> credentials_;
  std::unique_ptr<rpc::GrpcServer> grpc_;
  std::unique_ptr<HttpListeners> listeners_;
  std::optional<WriteKeyChecks> write_key_checks_;
  bool drained_ = false;

  mutable absl::Mutex mu_;
  config::Config reloaded_ ABSL_GUARDED_BY(mu_);  // What holds now.
};

}  // namespace segrid::app
