#include "bench/paths/server_measures.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/load/run.h"
#include "bench/load/target.h"
#include "bench/paths/local_parts.h"
#include "bench/stats/process_stats.h"
#include "core/base/status_macros.h"
#include "core/crypto/webhook_signer.h"
#include "segrid/v1/admin.grpc.pb.h"

namespace segrid::bench {
namespace {

constexpr absl::Duration kWarmup = absl::Milliseconds(150);
constexpr absl::Duration kLength = absl::Milliseconds(600);
// Threads and connections must have begun by then, also on a busy machine.
constexpr absl::Duration kMinLength = absl::Milliseconds(300);
constexpr absl::Duration kPartLength = absl::Milliseconds(60);
constexpr absl::Duration kAppendLength = absl::Milliseconds(400);
constexpr std::int64_t kProbes = 64;  // As many as there are payloads.

// A Transform of the table.
struct TransformCase {
  const char* name;
  Input input;
  Output output;
  std::int32_t events;
  std::int32_t concurrency;
};
constexpr std::array<TransformCase, 8> kTransformCases = {{
    {"json/1", Input::kJson, Output::kBatch, 1, 32},
    {"json/10", Input::kJson, Output::kBatch, 10, 32},
    {"json/100", Input::kJson, Output::kBatch, 100, 16},
    {"json/1000", Input::kJson, Output::kBatch, 1000, 8},
    {"typed/1", Input::kTyped, Output::kTracks, 1, 32},
    {"typed/10", Input::kTyped, Output::kTracks, 10, 32},
    {"typed/100", Input::kTyped, Output::kTracks, 100, 16},
    {"typed/1000", Input::kTyped, Output::kTracks, 1000, 8},
}};
constexpr std::int32_t kTransformConnections = 4;

// Forward and the webhook.
constexpr std::int32_t kDurableEvents = 100;
constexpr std::int32_t kDurableConnections = 8;
constexpr std::int32_t kForwardsInFlight = 16;
// Posts that are measured to their delivery, at scale 1.
constexpr std::int64_t kDeliveredPosts = 1'500;
constexpr absl::Duration kDeliveryPatience = absl::Seconds(60);

absl::StatusOr<RunResult> RunChecked(const RunOptions& run) {
  SEGRID_ASSIGN_OR_RETURN(RunResult result, bench::Run(run));
  if (result.total.successes() > 0 && result.total.errors() == 0) return result;
  return absl::UnavailableError(
      absl::StrCat(std::string(RowOf(run.payload.method).name), " at ",
                   run.target.address, ": ", result.total.errors(), " of ",
                   result.total.calls(), " calls failed; first error: ",
                   result.first_error.empty() ? "none" : result.first_error));
}

// Measures the cost of a call for the server under this load.
absl::StatusOr<Reading> ReadServer(const RunOptions& run) {
  SEGRID_ASSIGN_OR_RETURN(const RunResult result, RunChecked(run));
  if (!result.server) {
    return absl::UnavailableError("/proc does not show the server's CPU time");
  }
  const auto calls = static_cast<double>(result.total.successes());
  return Reading{.cpu_seconds = result.server->cpu_seconds / calls,
                 .calls_per_second = calls / result.elapsed_seconds};
}

// The requests of `run` as bodies of the echo service: as many, as large and as
// different, so that both sides read the same memory. Tag, size and
// answer_bytes around a body take the place of its first bytes.
std::vector<std::string> EchoBodies(const std::vector<Payload>& requests) {
  std::vector<std::string> bodies;
  for (const Payload& request : requests) {
    const std::size_t bytes = request.bytes.size();
    const std::size_t overhead = bytes < 128 + 7 ? 7 : bytes < 16391 ? 8 : 9;
    bodies.push_back(request.bytes.substr(std::min(overhead, bytes - 1)));
  }
  return bodies;
}

}  // namespace

// Starts servers and makes the measures of one table.
class PathMeasures::Servers {
 public:
  Servers(const PathOptions& options, const HttpsSink& sink,
          TemporaryDirectory directory)
      : options_(options), sink_(sink), directory_(std::move(directory)) {}

  absl::Status Add(std::vector<Measure>& measures);

 private:
  bool Wanted(const std::string& name) const {
    return options_.only.empty() ||
           std::any_of(options_.only.begin(), options_.only.end(),
                       [&](const std::string& only) {
                         return name.rfind(only, 0) == 0;
                       });
  }
  void AddIf(std::vector<Measure>& measures, Measure measure) {
    if (Wanted(measure.name)) measures.push_back(std::move(measure));
  }
  // Those of a case run when one of them is wanted.
  bool AnyWanted(const std::vector<std::string>& names) const {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return Wanted(name); });
  }

  std::string Program(const char* name) const {
    return options_.bin + "/" + name;
  }
  absl::Duration Length(absl::Duration length) const {
    return length * options_.scale;
  }
  RunOptions Load(const std::string& address, int pid, Method method) const;
  RunOptions Webhook(const std::string& address, int pid) const;

  absl::Status StartServers();
  absl::StatusOr<ProductServer> Product(const char* name,
                                        const DeliveryTarget& target);
  absl::Status AddTransform(const TransformCase& each,
                            std::vector<Measure>& measures);
  absl::Status AddForward(std::vector<Measure>& measures);
  absl::Status AddWebhook(std::vector<Measure>& measures);
  absl::Status AddDelivered(std::vector<Measure>& measures);
  absl::StatusOr<Reading> ReadDelivered();
  absl::StatusOr<const PartInput*> InputOf(Input form, Output output,
                                           std::int32_t events);

  const PathOptions options_;
  const HttpsSink& sink_;
  const TemporaryDirectory directory_;
  const crypto::WebhookSigner signer_ = crypto::WebhookSigner::Generate();
  std::string key_file_;
  std::optional<ProductServer> product_;
  std::optional<ProductServer> delivering_;
  std::optional<RunningServer> echo_;
  std::optional<RunningServer> http_echo_;
  std::map<std::pair<Input, std::int32_t>, PartInput> inputs_;
};

RunOptions PathMeasures::Servers::Load(const std::string& address, int pid,
                                       Method method) const {
  RunOptions run;
  run.target.address = address;
  run.payload.method = method;
  run.payload.bodies = options_.bodies;
  run.warmup = Length(kWarmup);
  run.duration = std::max(Length(kLength), kMinLength);
  run.server_pid = pid;
  return run;
}

RunOptions PathMeasures::Servers::Webhook(const std::string& address,
                                          int pid) const {
  RunOptions run = Load(address, pid, Method::kWebhook);
  run.target.path = "/v1/webhook";
  run.payload.batch = kDurableEvents;
  run.connections = kDurableConnections;
  run.sign_key = key_file_;
  return run;
}

absl::StatusOr<ProductServer> PathMeasures::Servers::Product(
    const char* name, const DeliveryTarget& target) {
  const std::string directory = absl::StrCat(directory_.path(), "/", name);
  std::filesystem::create_directory(directory);
  return StartProductServer(options_.server_binary.empty()
                                ? Program("segrid-server")
                                : options_.server_binary,
                            signer_.PublicKey(), target, directory);
}

absl::Status PathMeasures::Servers::StartServers() {
  key_file_ = directory_.path() + "/key.pem";
  std::ofstream(key_file_) << signer_.Pem();
  SEGRID_ASSIGN_OR_RETURN(ProductServer product, Product("product", {}));
  product_.emplace(std::move(product));
  SEGRID_ASSIGN_OR_RETURN(RunningServer echo, StartEcho(Program("segrid-bench"),
                                                        directory_.path()));
  echo_.emplace(std::move(echo));
  return absl::OkStatus();
}

absl::StatusOr<const PartInput*> PathMeasures::Servers::InputOf(
    Input form, Output output, std::int32_t events) {
  const auto found = inputs_.find({form, events});
  if (found != inputs_.end()) return &found->second;
  SEGRID_ASSIGN_OR_RETURN(PartInput input,
                          MakePartInput(options_.bodies, form, output, events));
  return &inputs_.emplace(std::pair(form, events), std::move(input))
              .first->second;
}

absl::Status PathMeasures::Servers::AddTransform(
    const TransformCase& each, std::vector<Measure>& measures) {
  const std::string echo_name = absl::StrCat("RawEcho/", each.name);
  const std::string rpc_name = absl::StrCat("TransformRpc/", each.name);
  const std::string part_name = absl::StrCat("TransformAlone/", each.name);
  if (!AnyWanted({echo_name, rpc_name, part_name})) return absl::OkStatus();
  SEGRID_ASSIGN_OR_RETURN(const PartInput* input,
                          InputOf(each.input, each.output, each.events));
  RunOptions rpc =
      Load(product_->grpc, product_->process.pid(), Method::kTransform);
  rpc.payload.input = each.input;
  rpc.payload.output = each.output;
  rpc.payload.batch = each.events;
  rpc.connections = kTransformConnections;
  rpc.concurrency = each.concurrency;

  // How many bytes come back: the echo gives as many.
  RunOptions probe = rpc;
  probe.count = kProbes;
  probe.warmup = absl::ZeroDuration();
  SEGRID_ASSIGN_OR_RETURN(const RunResult sizes, RunChecked(probe));
  RunOptions echo = Load(echo_->address, echo_->process.pid(), Method::kEcho);
  echo.connections = rpc.connections;
  echo.concurrency = rpc.concurrency;
  echo.payload.bodies = EchoBodies(input->requests);
  echo.payload.answer_bytes = static_cast<std::uint32_t>(
      sizes.total.response_bytes / sizes.total.successes());

  AddIf(measures, {echo_name, [echo] { return ReadServer(echo); }});
  AddIf(measures, {part_name, [this, input, output = each.output] {
                     return TransformAlone(*input, output, Length(kPartLength));
                   }});
  AddIf(measures, {rpc_name, [rpc] { return ReadServer(rpc); }});
  return absl::OkStatus();
}

absl::Status PathMeasures::Servers::AddForward(std::vector<Measure>& measures) {
  RunOptions forward =
      Load(product_->grpc, product_->process.pid(), Method::kForward);
  forward.payload.batch = kDurableEvents;
  forward.connections = kDurableConnections;
  forward.concurrency = kForwardsInFlight;
  RunOptions transform = forward;
  transform.payload.method = Method::kTransform;
  AddIf(measures,
        {"TransformRpc/8x100", [transform] { return ReadServer(transform); }});
  AddIf(measures,
        {"ForwardRpc/8x100", [forward] { return ReadServer(forward); }});
  SEGRID_ASSIGN_OR_RETURN(
      const PartInput* input,
      InputOf(Input::kJson, Output::kBatch, kDurableEvents));
  AddIf(measures, {"Lz4Frames/100", [this, input]() -> absl::StatusOr<Reading> {
                     return PackAlone(*input, Length(kPartLength));
                   }});
  AddIf(measures, {"RawAppend/16x100", [this, input] {
                     return AppendAlone(*input, kForwardsInFlight,
                                        directory_.path(),
                                        Length(kAppendLength));
                   }});
  AddIf(measures, {"IdLookUps/100", [this]() -> absl::StatusOr<Reading> {
                     return LookUpsAlone(kDurableEvents, Length(kPartLength));
                   }});
  return absl::OkStatus();
}

absl::Status PathMeasures::Servers::AddWebhook(std::vector<Measure>& measures) {
  if (!AnyWanted({"HttpEcho/100", "Sha256/100", "EcdsaCheck", "RawAppend/8x100",
                  "WebhookPost/100"})) {
    return absl::OkStatus();
  }
  SEGRID_ASSIGN_OR_RETURN(
      const PartInput* input,
      InputOf(Input::kJson, Output::kBatch, kDurableEvents));
  const RunOptions post = Webhook(product_->http, product_->process.pid());
  RunOptions probe = post;
  probe.count = kProbes;
  probe.warmup = absl::ZeroDuration();
  SEGRID_ASSIGN_OR_RETURN(const RunResult sizes, RunChecked(probe));
  SEGRID_ASSIGN_OR_RETURN(
      RunningServer started,
      StartHttpEcho(Program("segrid-http-echo"),
                    sizes.total.response_bytes / sizes.total.successes(),
                    directory_.path()));
  http_echo_.emplace(std::move(started));
  const RunOptions echo =
      Webhook(http_echo_->address, http_echo_->process.pid());
  AddIf(measures, {"HttpEcho/100", [echo] { return ReadServer(echo); }});
  AddIf(measures, {"Sha256/100", [this, input]() -> absl::StatusOr<Reading> {
                     return HashAlone(*input, Length(kPartLength));
                   }});
  AddIf(measures, {"EcdsaCheck", [this]() -> absl::StatusOr<Reading> {
                     return SignatureAlone(Length(kPartLength));
                   }});
  AddIf(measures, {"RawAppend/8x100", [this, input] {
                     return AppendAlone(*input, kDurableConnections,
                                        directory_.path(),
                                        Length(kAppendLength));
                   }});
  AddIf(measures, {"WebhookPost/100", [post] { return ReadServer(post); }});
  return absl::OkStatus();
}

// From the first post until the last Track is delivered.
absl::StatusOr<Reading> PathMeasures::Servers::ReadDelivered() {
  const int pid = delivering_->process.pid();
  RunOptions post = Webhook(delivering_->http, pid);
  post.count = std::max<std::int64_t>(
      static_cast<std::int64_t>(kDeliveredPosts * options_.scale), 8);
  post.warmup = absl::ZeroDuration();
  SEGRID_ASSIGN_OR_RETURN(
      const auto channels,
      Connect({.address = delivering_->grpc}, 1, absl::Seconds(5)));
  const auto stub = v1::AdminService::NewStub(channels[0]);
  const auto status = [&stub]() -> absl::StatusOr<v1::SourceStatus> {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    const grpc::Status answer = stub->GetStatus(&context, {}, &response);
    if (!answer.ok() || response.status().sources_size() != 1) {
      return absl::UnavailableError("GetStatus: " + answer.error_message());
    }
    return response.status().sources(0);
  };
  SEGRID_ASSIGN_OR_RETURN(const v1::SourceStatus before, status());
  const auto start = ReadProcess(pid);
  SEGRID_ASSIGN_OR_RETURN(const RunResult result, RunChecked(post));
  const absl::Time give_up = absl::Now() + kDeliveryPatience;
  while (true) {
    SEGRID_ASSIGN_OR_RETURN(const v1::SourceStatus now, status());
    if (now.pending_count() == 0) {
      const auto end = ReadProcess(pid);
      if (!start || !end) return absl::UnavailableError("no CPU time in /proc");
      const auto calls = static_cast<double>(result.total.successes());
      return Reading{
          .cpu_seconds = (end->cpu_seconds - start->cpu_seconds) / calls,
          .calls_per_second = calls / result.elapsed_seconds,
          .tracks_per_call = static_cast<double>(now.delivered_count() -
                                                 before.delivered_count()) /
                             calls};
    }
    if (absl::Now() > give_up) {
      return absl::UnavailableError(
          absl::StrCat(now.pending_count(),
                       " Tracks are not delivered: ", now.state_detail()));
    }
    absl::SleepFor(absl::Milliseconds(20));
  }
}

absl::Status PathMeasures::Servers::AddDelivered(
    std::vector<Measure>& measures) {
  constexpr char kName[] = "WebhookDelivered/100";
  if (!Wanted(kName)) return absl::OkStatus();
  SEGRID_ASSIGN_OR_RETURN(
      ProductServer delivering,
      Product("delivering",
              {.endpoint = absl::StrCat("https://localhost:", sink_.port()),
               .ca_file = sink_.ca_file()}));
  delivering_.emplace(std::move(delivering));
  measures.push_back({kName, [this] { return ReadDelivered(); }});
  return absl::OkStatus();
}

absl::Status PathMeasures::Servers::Add(std::vector<Measure>& measures) {
  SEGRID_RETURN_IF_ERROR(StartServers());
  for (const TransformCase& each : kTransformCases) {
    SEGRID_RETURN_IF_ERROR(AddTransform(each, measures));
  }
  SEGRID_RETURN_IF_ERROR(AddForward(measures));
  SEGRID_RETURN_IF_ERROR(AddWebhook(measures));
  return AddDelivered(measures);
}

PathMeasures::PathMeasures() = default;
PathMeasures::~PathMeasures() = default;

absl::StatusOr<std::unique_ptr<PathMeasures>> PathMeasures::Start(
    const PathOptions& options, const HttpsSink& sink) {
  SEGRID_ASSIGN_OR_RETURN(TemporaryDirectory directory,
                          TemporaryDirectory::Make());
  std::unique_ptr<PathMeasures> paths(new PathMeasures());
  paths->servers_ =
      std::make_unique<Servers>(options, sink, std::move(directory));
  SEGRID_RETURN_IF_ERROR(paths->servers_->Add(paths->measures_));
  return paths;
}

}  // namespace segrid::bench
