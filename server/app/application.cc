#include "server/app/application.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/status_macros.h"
#include "core/base/version.h"
#include "core/config/changes.h"
#include "google/protobuf/descriptor.h"
#include "server/app/deduplication_notes.h"
#include "server/app/delivery_log.h"
#include "server/app/operator_log.h"
#include "server/app/reload_call.h"
#include "server/app/reload_changes.h"
#include "server/app/source_log.h"
#include "server/http/tls.h"

namespace segrid::app {
namespace {

// Delivery waits for the network most of the time.
constexpr std::int32_t kDeliveryThreads = 4;
// The listener for webhooks transforms in its threads; operators ask seldom.
constexpr std::int32_t kMinHttpThreads = 2;
constexpr std::int32_t kMaxHttpThreads = 8;
constexpr std::int32_t kAdminThreads = 1;

std::int32_t HttpThreads() {
  return std::clamp(
      static_cast<std::int32_t>(std::thread::hardware_concurrency()),
      kMinHttpThreads, kMaxHttpThreads);
}

// What a stuck part gets beyond drain.grace. The end is promised for 1 s after
// it; the kernel needs some of that to take a large process down.
constexpr absl::Duration kStuckMargin = absl::Milliseconds(500);

std::string Join(const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) {
    joined.append(joined.empty() ? "" : ", ").append(part);
  }
  return joined;
}

// What health speaks of.
std::vector<std::string> ServiceNames() {
  return {::segrid::v1::BridgeService::service_full_name(),
          ::segrid::v1::AdminService::service_full_name(),
          grpc::health::v1::Health::service_full_name()};
}

// `/package.Service/Method` of all that the gRPC listener serves.
std::set<std::string, std::less<>> MethodPaths() {
  std::vector<std::string> services = ServiceNames();
  services.emplace_back("grpc.reflection.v1alpha.ServerReflection");
  std::set<std::string, std::less<>> paths;
  for (const std::string& name : services) {
    const google::protobuf::ServiceDescriptor* const service =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            name);
    for (int i = 0; service != nullptr && i < service->method_count(); ++i) {
      paths.insert(absl::StrCat("/", name, "/", service->method(i)->name()));
    }
  }
  return paths;
}

std::string LabelOf(const config::Config& config, const std::string& source) {
  for (const config::Source& each : config.sources) {
    if (each.name == source) return each.label;
  }
  return "";
}

}  // namespace

Application::Application(ApplicationOptions options, logging::Log& log,
                         base::Clock& clock)
    : options_(std::move(options)),
      log_(log),
      clock_(clock),
      all_bytes_(std::make_shared<budget::ByteBudget>(
          options_.config.max_bytes_in_flight)),
      grpc_bytes_(options_.config.grpc.max_bytes_in_flight, all_bytes_),
      reloaded_(options_.config) {}

Application::~Application() {
  if (grpc_ != nullptr && !drained_) {
    admission_.StopAccepting();
    grpc_->Shutdown(absl::InfinitePast());
  }
  // Before the parts go whose work they do.
  for (const auto& threads : {&http_io_, &admin_io_}) {
    if (*threads != nullptr) (*threads)->Stop();
  }
  if (engine_ != nullptr) engine_->Stop();
}

absl::StatusOr<std::unique_ptr<Application>> Application::Start(
    ApplicationOptions options, logging::Log& log, base::Clock& clock) {
  std::unique_ptr<Application> application(
      new Application(std::move(options), log, clock));
  SEGRID_RETURN_IF_ERROR(application->Open());
  SEGRID_ASSIGN_OR_RETURN(
      application->credentials_,
      rpc::Credentials::Create(
          application->options_.config.grpc.tls,
          application->options_.config.data_dir + "/grpc-tls", clock.Now()));
  engine::Engine& engine = *application->engine_;
  application->MakeServices();
  SEGRID_RETURN_IF_ERROR(application->Listen());
  SEGRID_ASSIGN_OR_RETURN(
      application->listeners_,
      HttpListeners::Open(
          {application->options_.config, clock, log, *application->http_io_,
           *application->admin_io_, engine.pool(), engine.queue(),
           engine.deliverer(), engine.pipeline(), application->admission_,
           *application->readiness_, application->figures_,
           *application->refusal_log_, application->all_bytes_,
           application->grpc_bytes_, *application->grpc_,
           [&running = *application](const std::string& source) {
             return LabelOf(running.config(), source);
           }}));
  engine.Start();
  application->LogStart();
  application->write_key_checks_.emplace(application->options_.config, log,
                                         clock, engine.pool());
  return application;
}

absl::Status Application::Open() {
  const config::Config& config = options_.config;
  SEGRID_ASSIGN_OR_RETURN(http_io_,
                          pool::ThreadPool::Create(HttpThreads(), "http"));
  SEGRID_ASSIGN_OR_RETURN(admin_io_,
                          pool::ThreadPool::Create(kAdminThreads, "admin"));
  engine::EngineDeps deps{.clock = clock_,
                          .delivery_threads = kDeliveryThreads,
                          .make_sources = options_.make_sources};
  deps.on_sources = [this](std::vector<deliver::Source>& sources) {
    figures_.Watch(sources, clock_);
  };
  deps.observe = [this](pool::ThreadPool& pool) {
    return engine::EngineObservers{std::make_unique<DeliveryLog>(log_, pool),
                                   &figures_.events, &tails_, &store_log_};
  };
  // The log limits how often a message is written.
  deps.on_queue_warning = [this](std::string_view text) {
    log_.Warning("the queue's database warns", {{"detail", std::string(text)}});
  };
  SEGRID_ASSIGN_OR_RETURN(engine_,
                          engine::Engine::Open(config, std::move(deps)));
  refusal_log_ =
      std::make_unique<RefusalLog>(log_, engine_->pool(), figures_.refusals);
  figures_.calls.SetOnError(
      [this](const grpc::Status& status) { refusal_log_->OnCall(status); });
  return absl::OkStatus();
}

void Application::OnGrpcHandshake(tls::HandshakeFailure failure) {
  refusal_log_->OnHandshake("grpc", failure);
}

void Application::MakeServices() {
  const config::Grpc& config = options_.config.grpc;
  authorizer_ =
      std::make_unique<auth::Authorizer>(config, credentials_->client_ca());
  guard_ = std::make_unique<rpc::CallGuard>(
      admission_, *authorizer_, clock_, grpc_bytes_, config.max_waiting_calls);
  bridge_ = std::make_unique<rpc::BridgeService>(
      rpc::BridgeEnvironment{
          clock_, engine_->pipeline(), admission_, *guard_,
          figures_.calls.MakeObserver(absl::StrCat(
              "/", ::segrid::v1::BridgeService::service_full_name(),
              "/Transform")),
          &trace_log_,
          [this](const absl::Status& status) {
            refusal_log_->OnMessage(status);
          }},
      rpc::BridgeOptions());
  admin_ = std::make_unique<rpc::AdminService>(rpc::AdminEnvironment{
      [this] { return std::make_shared<const config::Config>(this->config()); },
      clock_, engine_->queue(), engine_->deliverer(), engine_->pool(),
      admission_, *guard_, tails_, [this] { RequestStop(); },
      MakeReloadCall(options_.reload_requests),
      [this](const rpc::OperatorAct& act) { LogAct(act, log_); }});
  health_ = std::make_unique<rpc::HealthService>(admission_, ServiceNames(),
                                                 guard_.get());
  const std::vector<config::Source>& sources = options_.config.sources;
  readiness_ = std::make_unique<Readiness>(
      ReadinessDeps{
          engine_->pool(), engine_->queue(),
          sources.empty() ? "" : sources[0].name, admission_,
          [this](bool ready) { health_->SetServing(ready); },
          [this](const std::string& reason) { store_log_.OnLook(reason); },
          [this](const queue::BackupStats& stats) {
            backup_log_.OnLook(stats);
          }},
      options_.readiness);
}

absl::Status Application::Listen() {
  const config::Grpc& config = options_.config.grpc;
  const rpc::GrpcServerOptions options = {
      config, credentials_->get(),
      [this] { return figures_.calls.MakeFactory(MethodPaths()); },
      &guard_->taken(),
      [this] { OnGrpcHandshake(tls::HandshakeFailure::kTlsAtPlain); }};
  SEGRID_ASSIGN_OR_RETURN(
      grpc_, rpc::GrpcServer::Start(
                 options, {bridge_.get(), admin_.get(), health_.get()}));
  return absl::OkStatus();
}

void Application::LogStart() {
  const config::Tls& tls = options_.config.grpc.tls;
  std::vector<std::string> sources;
  for (const deliver::SourceStatus& source : engine_->deliverer().Statuses()) {
    sources.push_back(source.name + " -> " + source.endpoint);
  }
  log_.Info("serving",
            {{"version", std::string(base::kVersion)},
             {"grpc", Join(addresses())},
             {"tls", std::string(tls.cert.empty()        ? "off"
                                 : tls.client_ca.empty() ? "on"
                                                         : "mutual")},
             {"http", listeners_->HttpAddresses()},
             {"admin", listeners_->AdminAddresses()},
             {"data_dir", options_.config.data_dir},
             {"deduplication", DescribeDeduplication(options_.config)},
             {"sources", Join(sources)}});
  LogWays(options_.config, log_);
  LogOrphans(engine_->deliverer(), engine_->queue(), log_);
  if (options_.config.queue.store == config::Queue::Store::kMemory) {
    log_.Warning(
        "the queue is in memory: events that are not delivered when the "
        "process ends are lost");
  }
}

void Application::Drain(std::function<void()> on_stuck) {
  const config::Drain drain = this->drain();
  // Before all else: also a line of the log may never be taken.
  watchdog_ = std::make_unique<Watchdog>(
      drain.delay + drain.grace + kStuckMargin, std::move(on_stuck));
  const absl::Time stop_accepting = absl::Now() + drain.delay;
  drained_ = true;
  admission_.StartDraining();
  health_->SetServing(false);
  log_.Info("draining", {{"delay_ms", absl::ToInt64Milliseconds(drain.delay)},
                         {"grace_ms", absl::ToInt64Milliseconds(drain.grace)}});
  absl::SleepFor(stop_accepting - absl::Now());
  const absl::Time deadline = stop_accepting + drain.grace;
  admission_.StopAccepting();
  listeners_->Drain(deadline);
  grpc_->Shutdown(deadline, [this] { return guard_->IsIdle(); });
  FinishDeliveries(deadline);
}

void Application::FinishDeliveries(absl::Time deadline) {
  const std::int64_t pending = engine_->Drain(deadline);
  if (pending == 0) {
    log_.Info("stopped");
    return;
  }
  const bool is_lost = engine_->life() == engine::QueueLife::kDies;
  log_.Warning(is_lost ? "stopped with undelivered events: they are lost"
                       : "stopped with undelivered events: they go out after "
                         "the next start",
               {{"pending", pending}});
}

absl::StatusOr<ReloadResult> Application::Reload(const config::Config& config) {
  const config::Config before = this->config();
  const config::Config now = WithReloadable(before, config);
  // First what can fail, before the first change. Also that of which only a
  // restart makes use: it shall succeed.
  const absl::Time time = clock_.Now();
  if (!config.grpc.tls.cert.empty()) {
    SEGRID_RETURN_IF_ERROR(rpc::ReadTlsFiles(config.grpc.tls, time).status());
  }
  SEGRID_RETURN_IF_ERROR(httpd::MakeTlsContext(config.http.tls, time).status());
  SEGRID_ASSIGN_OR_RETURN(httpd::TlsContext http_tls,
                          httpd::MakeTlsContext(now.http.tls, time));
  SEGRID_ASSIGN_OR_RETURN(engine::SourceChange change,
                          engine_->Prepare(before, now));
  const bool have_new_files = change.has_new_files;
  const config::Config changed = change.changed;
  SEGRID_ASSIGN_OR_RETURN(const bool is_new_pair,
                          credentials_->Reload(now.grpc.tls, time));
  bool is_new_certificate = false;
  SEGRID_ASSIGN_OR_RETURN(
      const std::vector<std::string> removed,
      engine_->Replace(before, now, std::move(change), [&]() -> absl::Status {
        SEGRID_ASSIGN_OR_RETURN(is_new_certificate,
                                listeners_->Reload(now, std::move(http_tls)));
        return absl::OkStatus();
      }));
  if (!removed.empty()) {
    LogOrphans(engine_->deliverer(), engine_->queue(), log_);
  }
  // Before less is asked of callers.
  grpc_->KeepAddresses(now.grpc.listen, now.drain.grace);
  LogWays(changed, log_);
  log_.SetLevel(logging::LevelFromName(now.logging.level));
  authorizer_->Replace(now.grpc, credentials_->client_ca());
  admission_.RecheckOpenCalls();
  ReloadResult result;
  result.changes = config::ChangesBetween(before, now);
  result.waiting = config::ChangesBetween(now, config);
  result.new_certificates =
      have_new_files || (is_new_pair && before.grpc.tls == now.grpc.tls) ||
      (is_new_certificate && before.http.tls == now.http.tls);
  absl::MutexLock lock(&mu_);
  reloaded_ = now;
  return result;
}

std::vector<std::string> Application::certificate_files() const {
  absl::MutexLock lock(&mu_);
  return CertificateFiles(reloaded_);
}

config::Config Application::config() const {
  absl::MutexLock lock(&mu_);
  return reloaded_;
}

config::Reload Application::reload() const {
  absl::MutexLock lock(&mu_);
  return reloaded_.reload;
}

config::Drain Application::drain() const {
  absl::MutexLock lock(&mu_);
  return reloaded_.drain;
}

}  // namespace segrid::app
