#include <unistd.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/cli/load_options.h"
#include "bench/load/http_transport.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

absl::Status Wrong(const std::string& option, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", why));
}

absl::StatusOr<PayloadOptions> ToPayload(const LoadArguments& a) {
  PayloadOptions payload;
  for (const MethodRow& row : kMethods) {
    if (row.name == a.method) payload.method = row.method;
  }
  payload.input = a.input == "typed" ? Input::kTyped : Input::kJson;
  payload.output = a.output == "tracks" ? Output::kTracks : Output::kBatch;
  payload.batch = a.batch;
  payload.seed = a.seed;
  payload.source = a.source;
  payload.sources = a.sources;
  payload.answer_bytes = a.answer_bytes;
  SEGRID_ASSIGN_OR_RETURN(payload.bodies, ReadBodies(a.bodies));
  return payload;
}

absl::Status SetTimes(const LoadArguments& a, RunOptions& run) {
  SEGRID_ASSIGN_OR_RETURN(run.warmup, ToDuration("--warmup", a.warmup));
  SEGRID_ASSIGN_OR_RETURN(run.timeout, ToDuration("--timeout", a.timeout));
  SEGRID_ASSIGN_OR_RETURN(run.connect_timeout,
                          ToDuration("--connect-timeout", a.connect_timeout));
  SEGRID_ASSIGN_OR_RETURN(run.duration, ToDuration("--duration", a.duration));
  if (a.step.empty()) return absl::OkStatus();
  if (a.rates.empty()) return Wrong("--step", "goes with --rate only");
  SEGRID_ASSIGN_OR_RETURN(const absl::Duration step,
                          ToDuration("--step", a.step));
  run.duration = step * static_cast<std::int64_t>(a.rates.size());
  return absl::OkStatus();
}

absl::Status SetRpcTarget(const LoadArguments& a, RunOptions& run) {
  if (a.server.empty()) {
    return Wrong("--server", "is required: host:port or unix:path");
  }
  run.target = {.address = a.server,
                .tls = a.tls,
                .files = {},
                .server_name = a.server_name};
  return absl::OkStatus();
}

absl::Status SetHttpTarget(const LoadArguments& a, RunOptions& run) {
  if (a.url.empty()) {
    return Wrong("--url", "is required: http(s)://host[:port]/path");
  }
  const absl::StatusOr<Target> target = ParseWebhookUrl(a.url);
  if (!target.ok()) {
    return Wrong("--url", std::string(target.status().message()));
  }
  run.target = *target;
  run.sign_key = a.sign_key;
  return absl::OkStatus();
}

absl::Status SetTarget(const LoadArguments& a, RunOptions& run) {
  const bool is_http = run.payload.method == Method::kWebhook;
  SEGRID_RETURN_IF_ERROR(is_http ? SetHttpTarget(a, run)
                                 : SetRpcTarget(a, run));
  const bool has_files =
      !a.files.ca.empty() || !a.files.cert.empty() || !a.files.key.empty();
  if (has_files && !run.target.tls) {
    return is_http
               ? Wrong("--url", "is not https: --ca, --cert and --key need it")
               : Wrong("--tls", "is missing: --ca, --cert and --key need it");
  }
  run.target.files = a.files;
  for (const std::string& pair : a.metadata) {
    const std::size_t colon = pair.find(':');
    if (colon == std::string::npos || colon == 0) {
      return Wrong(is_http ? "--header" : "--metadata", "is not KEY:VALUE");
    }
    run.metadata.emplace_back(pair.substr(0, colon), pair.substr(colon + 1));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RpcCommand> ToCommand(const LoadArguments& arguments) {
  RpcCommand command;
  RunOptions& run = command.run;
  SEGRID_ASSIGN_OR_RETURN(run.payload, ToPayload(arguments));
  SEGRID_RETURN_IF_ERROR(SetTarget(arguments, run));
  SEGRID_RETURN_IF_ERROR(SetTimes(arguments, run));
  run.connections = arguments.connections;
  run.streams = arguments.streams;
  run.threads = arguments.threads;
  run.concurrency = arguments.concurrency;
  run.rates = arguments.rates;
  run.count = arguments.count;
  run.unique_ids = !arguments.keep_ids;
  run.server_pid = arguments.server_pid;
  command.report.json_path = arguments.json_path;
  command.report.html_path = arguments.html_path;
  command.report.show_progress = arguments.progress || isatty(STDERR_FILENO);
  for (const std::string& text : arguments.expectations) {
    SEGRID_ASSIGN_OR_RETURN(Expectation expectation, ParseExpectation(text));
    command.report.expectations.push_back(std::move(expectation));
  }
  SEGRID_RETURN_IF_ERROR(run.Validate());
  return command;
}

absl::StatusOr<absl::Duration> ToDuration(const std::string& option,
                                          const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration)) {
    return Wrong(option, absl::StrCat("'", text,
                                      "' is not a duration; say 500ms, 10s, "
                                      "2m"));
  }
  return duration;
}

absl::StatusOr<std::vector<std::string>> ReadBodies(
    const std::vector<std::string>& paths) {
  std::vector<std::string> bodies;
  for (const std::string& path : paths) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file || text.str().empty()) {
      return Wrong("--body", absl::StrCat(path, " cannot be read or is empty"));
    }
    bodies.push_back(std::move(text).str());
  }
  return bodies;
}

}  // namespace segrid::bench
