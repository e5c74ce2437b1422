#include "server/embedded/embedded.h"

#include <unistd.h>

#include <future>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "absl/time/clock.h"
#include "core/config/environment.h"
#include "core/config/load.h"
#include "core/engine/engine.h"
#include "core/transform/outcome.h"
#include "server/embedded/answers.h"
#include "server/embedded/grpc_listener.h"
#include "server/rpc/envelope.h"
#include "server/rpc/tail.h"

namespace segrid {
namespace {

constexpr std::chrono::seconds kDefaultTimeout(10);

Error MakeError(ErrorCode code, std::string reason, std::string message) {
  Error error;
  error.code = code;
  error.reason = std::move(reason);
  error.message = std::move(message);
  return error;
}

absl::StatusOr<config::Config> LoadConfig(const EmbeddedOptions& options) {
  const config::Environment environment = config::ProcessEnvironment();
  if (!options.config_file.empty()) {
    return config::Load(options.config_file, environment);
  }
  if (!options.config_text.empty()) {
    return config::LoadText(options.config_text, "config_text", environment);
  }
  return config::Defaults(environment);
}

// What the server says of a request that it refuses unread.
Error RefusalOf(const v1::TransformRequest& request) {
  rpc::TransformEnvelope unused;
  return embedded::ErrorOf(
      rpc::DecodeTransform(request.SerializeAsString(), unused));
}
Error RefusalOf(const v1::ForwardRequest& request) {
  rpc::ForwardEnvelope unused;
  return embedded::ErrorOf(
      rpc::DecodeForward(request.SerializeAsString(), unused));
}

// The events of a request of either kind, as the pipeline reads them. `bytes`
// is storage for them.
template <typename Request>
Result<pipeline::Input> InputOf(const Request& request, std::string& bytes) {
  const bool typed = request.events_size() > 0;
  if (typed != request.webhook_json().empty()) return RefusalOf(request);
  if (!typed) {
    return pipeline::Input{pipeline::Input::Form::kWebhookJson,
                           request.webhook_json()};
  }
  request.SerializeToString(&bytes);
  return pipeline::Input{pipeline::Input::Form::kTypedRequest, bytes};
}

}  // namespace

struct EmbeddedBatch::Contents {
  pipeline::TransformResult result;
};

EmbeddedBatch::EmbeddedBatch() : contents_(std::make_unique<Contents>()) {}
EmbeddedBatch::~EmbeddedBatch() = default;
EmbeddedBatch::EmbeddedBatch(EmbeddedBatch&&) noexcept = default;
EmbeddedBatch& EmbeddedBatch::operator=(EmbeddedBatch&&) noexcept = default;

std::string_view EmbeddedBatch::batch_json() const {
  return contents_->result.output.view();
}
std::int32_t EmbeddedBatch::event_count() const {
  return contents_->result.counts.events;
}
std::int32_t EmbeddedBatch::track_count() const {
  return contents_->result.counts.tracks;
}
std::int32_t EmbeddedBatch::skipped_count() const {
  return contents_->result.counts.skipped;
}
std::int32_t EmbeddedBatch::rejected_count() const {
  return contents_->result.counts.rejected;
}

std::vector<EmbeddedIssue> EmbeddedBatch::issues() const {
  std::vector<EmbeddedIssue> issues;
  for (const pipeline::Issue& issue : contents_->result.issues) {
    const transform::ReasonRow& row = transform::Describe(issue.reason);
    issues.push_back({.index = issue.index,
                      .rejected = row.outcome == transform::Outcome::kRejected,
                      .reason = row.name,
                      .field = row.field});
  }
  return issues;
}

class Embedded::Parts {
 public:
  base::SystemClock clock;
  rpc::Tails tails{clock};
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<embedded::GrpcListener> grpc;  // Null: it is not open.
};

// The Connection. Its calls hold the lock shared while they use the engine.
class Embedded::Calls final : public Connection {
 public:
  explicit Calls(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}

  // No call begins after this; waits for those that are in the engine's code.
  void Close() {
    const std::unique_lock lock(mutex_);
    parts_.reset();
  }

  // The locks may be held for ever there, and nobody would answer.
  bool IsForked() const { return getpid() != process_; }

  Result<v1::TransformResponse> Transform(const v1::TransformRequest& request,
                                          const CallOptions&) override {
    if (IsForked()) return Forked();
    std::string bytes;
    auto input = InputOf(request, bytes);
    if (!input.ok()) return std::move(input).error();
    const auto form = request.output() == v1::OUTPUT_BATCH_JSON
                          ? pipeline::Output::kBatchJson
                          : pipeline::Output::kTracks;
    const std::shared_lock lock(mutex_);
    if (parts_ == nullptr) return Closed();
    pipeline::TransformResult result;
    const absl::Status status = parts_->engine->pipeline().Transform(
        *input, request.source(), form, result);
    if (!status.ok()) return embedded::ErrorOf(status);
    return embedded::ToMessage(result, form);
  }

  Result<v1::ForwardResponse> Forward(const v1::ForwardRequest& request,
                                      const CallOptions& options) override {
    std::promise<Result<v1::ForwardResponse>> answer;
    ForwardAsync(request, options, [&answer](auto result) {
      answer.set_value(std::move(result));
    });
    return answer.get_future().get();
  }

  void ForwardAsync(v1::ForwardRequest request, CallOptions options,
                    ForwardDone done) override {
    if (IsForked()) return done(Forked());
    std::string bytes;
    auto input = InputOf(request, bytes);
    if (!input.ok()) return done(std::move(input).error());
    pipeline::ForwardCall call;
    call.input = *input;
    call.sources = {request.sources().begin(), request.sources().end()};
    call.wait_delivered = request.wait() == v1::WAIT_DELIVERED;
    call.deadline = absl::Now() +
                    absl::FromChrono(options.timeout.value_or(kDefaultTimeout));
    std::shared_lock lock(mutex_);
    if (parts_ == nullptr) {
      lock.unlock();
      return done(Closed());
    }
    parts_->engine->pipeline().Forward(
        call, [done = std::move(done)](auto result) {
          if (!result.ok()) return done(embedded::ErrorOf(result.status()));
          done(embedded::ToMessage(*result));
        });
  }

 private:
  static Error Closed() {
    return MakeError(ErrorCode::kUnavailable, "DRAINING",
                     "this Segrid was drained; start another one");
  }

  static Error Forked() {
    return MakeError(ErrorCode::kFailedPrecondition, "FORKED",
                     "this process was forked after the Segrid in it was "
                     "started, whose threads stayed with the parent; fork "
                     "first, then start");
  }

  const pid_t process_ = getpid();
  std::shared_mutex mutex_;
  std::shared_ptr<Parts> parts_;  // Null when closed. Guarded by mutex_.
};

Embedded::Embedded(std::shared_ptr<Parts> parts)
    : parts_(std::move(parts)), calls_(std::make_shared<Calls>(parts_)) {}

Embedded::~Embedded() {
  if (calls_->IsForked()) {
    // Left behind on purpose: threads and files are the parent's.
    new std::shared_ptr<Parts>(parts_);
    new std::shared_ptr<Calls>(calls_);
    return;
  }
  parts_->grpc.reset();
  calls_->Close();
}

Result<std::unique_ptr<Embedded>> Embedded::Start(
    const EmbeddedOptions& options) {
  if (!options.config_file.empty() && !options.config_text.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "BAD_OPTION",
                     "config_file and config_text are given; give one of them");
  }
  if (options.delivery_threads < 1 || options.delivery_threads > 64) {
    return MakeError(ErrorCode::kInvalidArgument, "BAD_OPTION",
                     "delivery_threads must be 1 to 64");
  }
  absl::StatusOr<config::Config> config = LoadConfig(options);
  if (!config.ok()) return embedded::ErrorOf(config.status());
  if (!options.data_dir.empty()) config->data_dir = options.data_dir;
  auto parts = std::make_shared<Parts>();
  auto engine = engine::Engine::Open(
      *config, {.clock = parts->clock,
                .delivery_threads = options.delivery_threads,
                .thread_name = "pool",
                .observe = [&tails = parts->tails](pool::ThreadPool&) {
                  return engine::EngineObservers{.tracks = &tails};
                }});
  if (!engine.ok()) return embedded::ErrorOf(engine.status());
  parts->engine = *std::move(engine);
  parts->engine->Start();
  if (options.grpc_door) {
    auto listener = embedded::GrpcListener::Open(
        *config, {parts->clock, *parts->engine, parts->tails},
        options.on_drain_request);
    if (!listener.ok()) return embedded::ErrorOf(listener.status());
    parts->grpc = *std::move(listener);
  }
  return std::unique_ptr<Embedded>(new Embedded(std::move(parts)));
}

std::optional<Error> Embedded::Transform(std::string_view webhook_json,
                                         std::string_view source,
                                         EmbeddedBatch& batch) {
  const absl::Status status = parts_->engine->pipeline().Transform(
      {pipeline::Input::Form::kWebhookJson, webhook_json}, source,
      pipeline::Output::kBatchJson, batch.contents_->result);
  if (!status.ok()) return embedded::ErrorOf(status);
  return std::nullopt;
}

std::shared_ptr<Connection> Embedded::connection() const { return calls_; }

std::vector<std::string> Embedded::sources() const {
  return parts_->engine->pipeline().sources();
}

std::vector<std::string> Embedded::grpc_addresses() const {
  if (parts_->grpc == nullptr) return {};
  return parts_->grpc->addresses();
}

bool Embedded::Drain(std::chrono::nanoseconds timeout) {
  if (calls_->IsForked()) return false;
  if (std::exchange(drained_, true)) return drained_empty_;
  const absl::Time deadline = absl::Now() + absl::FromChrono(timeout);
  if (parts_->grpc != nullptr) parts_->grpc->Close(deadline);
  calls_->Close();
  drained_empty_ = parts_->engine->Drain(deadline) == 0;
  return drained_empty_;
}

}  // namespace segrid
