#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "bench/cli/load_options.h"
#include "bench/load/http_transport.h"
#include "core/base/status_macros.h"
#include "core/config/environment.h"
#include "core/config/quantity.h"

namespace segrid::bench {
namespace {

absl::Status Wrong(const std::string& option, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", why));
}

TlsFiles FilesOf(const command_line::ServerOptions& server) {
  return {.ca = server.tls_ca, .cert = server.tls_cert, .key = server.tls_key};
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
  if (step <= absl::ZeroDuration()) return Wrong("--step", "must be over 0");
  run.duration = step * static_cast<std::int64_t>(a.rates.size());
  return absl::OkStatus();
}

absl::Status SetRpcTarget(const LoadArguments& a, RunOptions& run) {
  const command_line::ServerOptions& server = a.server;
  if (server.address.empty()) {
    return Wrong("--server", "is required: host:port or unix:path");
  }
  run.target = {.address = server.address,
                .tls = server.uses_tls(),
                .files = FilesOf(server),
                .server_name = server.tls_server_name};
  // A client's rules: among others, no token in the clear over a network.
  if (const auto bad = server.ToClientOptions().Validate()) {
    return Wrong("--server", bad->message);
  }
  if (server.token.empty()) return absl::OkStatus();
  run.metadata.emplace_back("authorization",
                            absl::StrCat("Bearer ", server.token));
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
  if (a.names_tls_files && !run.target.tls) {
    return Wrong("--url",
                 "is not https: --tls-ca, --tls-cert and --tls-key need it");
  }
  if (run.target.tls) run.target.files = FilesOf(a.server);
  run.sign_key = a.sign_key;
  return absl::OkStatus();
}

// True if it can be sent, because gRPC or the server would end the call else.
bool IsPair(const std::string& key, const std::string& value, bool is_http) {
  const auto is_of_key = [is_http](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           absl::ascii_islower(static_cast<unsigned char>(c)) || c == '-' ||
           c == '_' || c == '.' ||
           (is_http && absl::ascii_isupper(static_cast<unsigned char>(c)));
  };
  const auto is_of_value = [](char c) { return c >= ' ' && c <= '~'; };
  return !key.empty() && std::all_of(key.begin(), key.end(), is_of_key) &&
         std::all_of(value.begin(), value.end(), is_of_value);
}

absl::Status SetTarget(const LoadArguments& a, RunOptions& run) {
  const bool is_http = run.payload.method == Method::kWebhook;
  SEGRID_RETURN_IF_ERROR(is_http ? SetHttpTarget(a, run)
                                 : SetRpcTarget(a, run));
  for (const std::string& pair : a.metadata) {
    const std::size_t colon = pair.find(':');
    if (colon == std::string::npos ||
        !IsPair(pair.substr(0, colon), pair.substr(colon + 1), is_http)) {
      return Wrong(is_http ? "--header" : "--metadata",
                   is_http ? "is not KEY:VALUE, with a key of letters, digits "
                             "and '-', and a value of printable ASCII"
                           : "is not KEY:VALUE, with a key of small letters, "
                             "digits, '-', '_' and '.', and a value of "
                             "printable ASCII");
    }
    run.metadata.emplace_back(pair.substr(0, colon), pair.substr(colon + 1));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckUse(const CLI::App& app, const LoadArguments& arguments) {
  const auto row = std::find_if(std::begin(kMethods), std::end(kMethods),
                                [&arguments](const MethodRow& each) {
                                  return each.name == arguments.method;
                                });
  const bool is_forward = row->is_forward;
  const bool is_transform = !is_forward && row->method != Method::kEcho;
  const struct {
    const char* option;
    bool is_of_use;
    const char* with;
  } kUses[] = {
      {"--source", is_transform, "a method that transforms"},
      {"--output", is_transform, "a method that transforms"},
      {"--sources", is_forward, "a method that forwards"},
      {"--keep-ids", is_forward, "a method that forwards"},
      {"--streams", row->is_stream, "a method of streams"},
      {"--answer-bytes", row->method == Method::kEcho, "--method echo"},
      {"--seed", arguments.bodies.empty(), "generated events, without --body"},
      {"--duration", arguments.count == 0, "a load without --count"},
      {"--duration", arguments.step.empty(), "a load without --step"},
  };
  for (const auto& use : kUses) {
    const CLI::Option* const option = app.get_option_no_throw(use.option);
    if (use.is_of_use || option == nullptr || option->count() == 0) continue;
    return Wrong(use.option, absl::StrCat("is for ", use.with));
  }
  if (arguments.server_pid > 0 && kill(arguments.server_pid, 0) != 0 &&
      errno == ESRCH) {
    return Wrong("--server-pid",
                 absl::StrCat("there is no process ", arguments.server_pid));
  }
  return absl::OkStatus();
}

absl::Status ResolveServer(const CLI::App& app, LoadArguments& arguments) {
  for (const char* name : {"tls-ca", "tls-cert", "tls-key"}) {
    arguments.names_tls_files |= command_line::IsOnCommandLine(app, name);
  }
  return command_line::Resolve(
      app, {.default_profile = false, .default_server = false},
      config::ProcessEnvironment(), arguments.server);
}

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
  const absl::StatusOr<absl::Duration> duration = config::ParseDuration(text);
  if (duration.ok()) return *duration;
  return Wrong(option, std::string(duration.status().message()));
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
