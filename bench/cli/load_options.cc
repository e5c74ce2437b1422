#include "bench/cli/load_options.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

absl::Status Wrong(const std::string& option, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", why));
}

void AddWhat(CLI::App& app, LoadArguments& a) {
  const std::string group = "What is sent";
  app.add_option("--method", a.method,
                 "transform, forward, transform-stream, forward-stream, echo")
      ->check(CLI::IsMember({"transform", "forward", "transform-stream",
                             "forward-stream", "echo"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--input", a.input, "How events are sent: json, typed")
      ->check(CLI::IsMember({"json", "typed"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--output", a.output, "How Transform answers: batch, tracks")
      ->check(CLI::IsMember({"batch", "tracks"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--batch", a.batch,
                 "Events per call [100, or bodies as they are]")
      ->group(group);
  app.add_option("--body", a.bodies,
                 "Webhook bodies to send instead of generated events; may be "
                 "repeated")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--seed", a.seed, "Of the generated events")
      ->capture_default_str()
      ->group(group);
  app.add_option("--source", a.source, "Transform: the source's name")
      ->group(group);
  app.add_option("--sources", a.sources, "Forward: the sources' names [all]")
      ->delimiter(',')
      ->group(group);
  app.add_flag("--keep-ids", a.keep_ids,
               "Forward: send the same event ids again and again, to load the "
               "duplicate check")
      ->group(group);
  app.add_option("--answer-bytes", a.answer_bytes,
                 "Echo: size of the answers [that of the request]")
      ->group(group);
  app.add_option("--metadata", a.metadata,
                 "KEY:VALUE to send with each call; may be repeated")
      ->group(group);
}

void AddHow(CLI::App& app, LoadArguments& a) {
  const std::string group = "How it is sent";
  app.add_option("--concurrency", a.concurrency,
                 "Calls (or messages of streams) in flight [16; with --rate: "
                 "at most 10000]")
      ->group(group);
  app.add_option("--rate", a.rates,
                 "Open loop: calls per second, whatever the server does; "
                 "latency counts from the intended start. R1,R2,… for steps")
      ->delimiter(',')
      ->group(group);
  app.add_option("--step", a.step, "Length of each rate [duration / rates]")
      ->group(group);
  app.add_option("--connections", a.connections, "Connections")
      ->capture_default_str()
      ->group(group);
  app.add_option("--streams", a.streams, "Streams per connection")
      ->capture_default_str()
      ->group(group);
  app.add_option("--threads", a.threads,
                 "Threads of this tool [half the cores]")
      ->group(group);
  app.add_option("--duration", a.duration, "Length of the measurement")
      ->capture_default_str()
      ->group(group);
  app.add_option("--count", a.count, "Calls to make, instead of --duration")
      ->group(group);
  app.add_option("--warmup", a.warmup, "Load before, not counted")
      ->capture_default_str()
      ->group(group);
  app.add_option("--timeout", a.timeout, "Deadline of a call")
      ->capture_default_str()
      ->group(group);
  app.add_option("--connect-timeout", a.connect_timeout,
                 "Time to reach the server")
      ->capture_default_str()
      ->group(group);
}

void AddTarget(CLI::App& app, LoadArguments& a) {
  const std::string group = "Where it is sent";
  app.add_option("--server", a.server, "host:port or unix:path")
      ->type_name("ADDR")
      ->group(group);
  app.add_flag("--tls", a.tls, "Speak TLS")->group(group);
  app.add_option("--ca", a.files.ca,
                 "PEM file: whom to trust [the machine's authorities]")
      ->group(group);
  app.add_option("--cert", a.files.cert, "PEM file: own certificate (mTLS)")
      ->group(group);
  app.add_option("--key", a.files.key, "PEM file: its key")->group(group);
  app.add_option("--server-name", a.server_name,
                 "Name to expect in the server's certificate [its host]")
      ->group(group);
  app.add_option("--server-pid", a.server_pid,
                 "Process whose CPU and memory are measured [the one that "
                 "listens there, when it is on this host]")
      ->group(group);
}

void AddResults(CLI::App& app, LoadArguments& a) {
  const std::string group = "Results";
  app.add_option("--json", a.json_path, "Write the result as JSON; - = stdout")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--html", a.html_path,
                 "Write a page with plots that needs nothing else")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--expect", a.expectations,
                 "A condition such as 'p99<20ms', 'calls/s>=50k', 'errors=0'; "
                 "may be repeated; exit code 1 when one does not hold")
      ->group(group);
  app.add_flag("--progress", a.progress,
               "Show progress also when stderr is not a terminal")
      ->group(group);
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

absl::Status SetTarget(const LoadArguments& a, RunOptions& run) {
  if (a.server.empty()) {
    return Wrong("--server", "is required: host:port or unix:path");
  }
  const bool has_files =
      !a.files.ca.empty() || !a.files.cert.empty() || !a.files.key.empty();
  if (has_files && !a.tls) {
    return Wrong("--tls", "is missing: --ca, --cert and --key need it");
  }
  run.target = {.address = a.server,
                .tls = a.tls,
                .files = a.files,
                .server_name = a.server_name};
  for (const std::string& pair : a.metadata) {
    const std::size_t colon = pair.find(':');
    if (colon == std::string::npos || colon == 0) {
      return Wrong("--metadata", "is not KEY:VALUE");
    }
    run.metadata.emplace_back(pair.substr(0, colon), pair.substr(colon + 1));
  }
  return absl::OkStatus();
}

}  // namespace

void AddLoadOptions(CLI::App& app, LoadArguments& arguments) {
  AddTarget(app, arguments);
  AddWhat(app, arguments);
  AddHow(app, arguments);
  AddResults(app, arguments);
}

absl::StatusOr<RpcCommand> ToCommand(const LoadArguments& arguments) {
  RpcCommand command;
  RunOptions& run = command.run;
  SEGRID_RETURN_IF_ERROR(SetTarget(arguments, run));
  SEGRID_RETURN_IF_ERROR(SetTimes(arguments, run));
  SEGRID_ASSIGN_OR_RETURN(run.payload, ToPayload(arguments));
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
