#include "bench/cli/load_options.h"

#include <string>

#include "core/command_line/number_within.h"
#include "core/command_line/one_of.h"

namespace segrid::bench {
namespace {

constexpr const char* kWhat = "What is sent";
constexpr const char* kHow = "How it is sent";
constexpr const char* kWhere = "Where it is sent";
constexpr const char* kResults = "Results";

constexpr double kMaxAnswerBytes = 64 << 20;
constexpr double kMaxSeed = 9007199254740992;  // 2^53.
constexpr double kMaxPid = 1 << 22;            // Of Linux.

void AddMethod(CLI::App& app, LoadArguments& a) {
  app.add_option("--method", a.method,
                 "transform, forward, transform-stream, forward-stream, echo")
      ->check(command_line::OneOf({"transform", "forward", "transform-stream",
                                   "forward-stream", "echo"}))
      ->capture_default_str()
      ->group(kWhat);
  app.add_option("--input", a.input, "How events are sent: json, typed")
      ->check(command_line::OneOf({"json", "typed"}))
      ->capture_default_str()
      ->group(kWhat);
  app.add_option("--output", a.output, "How Transform answers: batch, tracks")
      ->check(command_line::OneOf({"batch", "tracks"}))
      ->capture_default_str()
      ->group(kWhat);
  app.add_option("--source", a.source, "Transform: the source's name")
      ->group(kWhat);
  app.add_option("--sources", a.sources, "Forward: the sources' names [all]")
      ->delimiter(',')
      ->group(kWhat);
  app.add_option("--answer-bytes", a.answer_bytes,
                 "Echo: size of the answers [that of the request]")
      ->check(command_line::NumberWithin(0, kMaxAnswerBytes,
                                         "a number of 0 to 67108864"))
      ->group(kWhat);
  app.add_option("--metadata", a.metadata,
                 "KEY:VALUE to send with each call; may be repeated")
      ->group(kWhat);
  app.add_option("--streams", a.streams, "Streams per connection")
      ->capture_default_str()
      ->check(command_line::NumberWithin(1, 1'000, "a number of 1 to 1000"))
      ->group(kHow);
}

void AddEvents(CLI::App& app, LoadArguments& a) {
  app.add_option("--batch", a.batch,
                 "Events per call [100, or bodies as they are]")
      ->check(
          command_line::NumberWithin(1, 1'000'000, "a number of 1 to 1000000"))
      ->group(kWhat);
  app.add_option("--body", a.bodies,
                 "Webhook bodies to send instead of generated events; may be "
                 "repeated")
      ->type_name("FILE")
      ->group(kWhat);
  app.add_option("--seed", a.seed, "Of the generated events")
      ->check(command_line::NumberWithin(0, kMaxSeed,
                                         "a number of 0 to 9007199254740992"))
      ->capture_default_str()
      ->group(kWhat);
  app.add_flag("--keep-ids", a.keep_ids,
               "Where events are queued: send the same event ids again and "
               "again, to load the duplicate check")
      ->group(kWhat);
}

void AddHow(CLI::App& app, LoadArguments& a) {
  app.add_option(
         "--concurrency", a.concurrency,
         "Calls (or messages of streams) in flight [16, http: as many as "
         "connections; with --rate: at most 10000]")
      ->check(command_line::NumberWithin(1, 100'000, "a number of 1 to 100000"))
      ->group(kHow);
  app.add_option("--rate", a.rates,
                 "Open loop: calls per second, whatever the server does; "
                 "latency counts from the intended start. R1,R2,… for steps")
      ->delimiter(',')
      ->group(kHow);
  app.add_option("--step", a.step, "Length of each rate [duration / rates]")
      ->group(kHow);
  app.add_option("--connections", a.connections, "Connections")
      ->capture_default_str()
      ->check(command_line::NumberWithin(1, 1'000, "a number of 1 to 1000"))
      ->group(kHow);
  app.add_option("--threads", a.threads,
                 "Threads of this tool [half the cores]")
      ->check(command_line::NumberWithin(1, 256, "a number of 1 to 256"))
      ->group(kHow);
  app.add_option("--duration", a.duration, "Length of the measurement")
      ->capture_default_str()
      ->group(kHow);
  app.add_option("--count", a.count, "Calls to make, instead of --duration")
      ->check(
          command_line::NumberWithin(1, 1e12, "a number of 1 to 1000000000000"))
      ->group(kHow);
  app.add_option("--warmup", a.warmup, "Load before, not counted")
      ->capture_default_str()
      ->group(kHow);
  app.add_option("--timeout", a.timeout, "Deadline of a call")
      ->capture_default_str()
      ->group(kHow);
  app.add_option("--connect-timeout", a.connect_timeout,
                 "Time to reach the server")
      ->capture_default_str()
      ->group(kHow);
}

void AddUrl(CLI::App& app, LoadArguments& a) {
  app.add_option("--url", a.url,
                 "http(s)://host[:port]/path of the webhook; port 80 or 443")
      ->type_name("URL")
      ->group(kWhere);
  app.add_option("--sign-key", a.sign_key,
                 "PEM file of the private key that signs the bodies [not "
                 "signed]; http-key makes one")
      ->type_name("FILE")
      ->group(kWhat);
  app.add_option("--header", a.metadata,
                 "KEY:VALUE to send with each request, such as "
                 "'Authorization:Bearer x'; may be repeated")
      ->group(kWhat);
}

void AddServerPid(CLI::App& app, LoadArguments& a) {
  app.add_option("--server-pid", a.server_pid,
                 "Process whose CPU and memory are measured [the one that "
                 "listens there, when it is on this host]")
      ->check(command_line::NumberWithin(1, kMaxPid, "the number of a process"))
      ->group(kWhere);
}

void AddResults(CLI::App& app, LoadArguments& a) {
  app.add_option("--json", a.json_path, "Write the result as JSON; - = stdout")
      ->type_name("FILE")
      ->group(kResults);
  app.add_option("--html", a.html_path,
                 "Write a page with plots that needs nothing else")
      ->type_name("FILE")
      ->group(kResults);
  app.add_option("--expect", a.expectations,
                 "A condition such as 'p99<20ms', 'calls/s>=50k', 'errors=0'; "
                 "may be repeated; exit code 1 when one does not hold")
      ->group(kResults);
  app.add_flag("--progress", a.progress,
               "Show progress also when stderr is not a terminal")
      ->group(kResults);
}

}  // namespace

void AddLoadOptions(CLI::App& app, LoadArguments& arguments) {
  command_line::AddServerOptions(app, arguments.server);
  app.get_option("--server")->description("The server: host:port or unix:path");
  for (const char* name :
       {"--server", "--profile", "--token", "--token-file"}) {
    app.get_option(name)->group(kWhere);
  }
  AddServerPid(app, arguments);
  AddMethod(app, arguments);
  AddEvents(app, arguments);
  AddHow(app, arguments);
  AddResults(app, arguments);
}

void AddHttpOptions(CLI::App& app, LoadArguments& arguments) {
  arguments.method = "webhook";
  AddUrl(app, arguments);
  command_line::AddTlsOptions(app, arguments.server);
  AddServerPid(app, arguments);
  AddEvents(app, arguments);
  AddHow(app, arguments);
  AddResults(app, arguments);
}

}  // namespace segrid::bench
