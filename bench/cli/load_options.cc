#include "bench/cli/load_options.h"

#include <string>

#include "core/command_line/one_of.h"

namespace segrid::bench {
namespace {

constexpr const char* kWhat = "What is sent";
constexpr const char* kHow = "How it is sent";
constexpr const char* kWhere = "Where it is sent";
constexpr const char* kResults = "Results";

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
      ->group(kWhat);
  app.add_option("--metadata", a.metadata,
                 "KEY:VALUE to send with each call; may be repeated")
      ->group(kWhat);
  app.add_option("--streams", a.streams, "Streams per connection")
      ->capture_default_str()
      ->group(kHow);
}

void AddEvents(CLI::App& app, LoadArguments& a) {
  app.add_option("--batch", a.batch,
                 "Events per call [100, or bodies as they are]")
      ->group(kWhat);
  app.add_option("--body", a.bodies,
                 "Webhook bodies to send instead of generated events; may be "
                 "repeated")
      ->type_name("FILE")
      ->group(kWhat);
  app.add_option("--seed", a.seed, "Of the generated events")
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
      ->group(kHow);
  app.add_option("--threads", a.threads,
                 "Threads of this tool [half the cores]")
      ->group(kHow);
  app.add_option("--duration", a.duration, "Length of the measurement")
      ->capture_default_str()
      ->group(kHow);
  app.add_option("--count", a.count, "Calls to make, instead of --duration")
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

void AddTarget(CLI::App& app, LoadArguments& a) {
  app.add_option("--server", a.server, "host:port or unix:path")
      ->type_name("ADDR")
      ->group(kWhere);
  app.add_flag("--tls", a.tls, "Speak TLS")->group(kWhere);
  app.add_option("--server-name", a.server_name,
                 "Name to expect in the server's certificate [its host]")
      ->group(kWhere);
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

void AddFiles(CLI::App& app, LoadArguments& a) {
  app.add_option("--ca", a.files.ca,
                 "PEM file: whom to trust [the machine's authorities]")
      ->group(kWhere);
  app.add_option("--cert", a.files.cert, "PEM file: own certificate (mTLS)")
      ->group(kWhere);
  app.add_option("--key", a.files.key, "PEM file: its key")->group(kWhere);
  app.add_option("--server-pid", a.server_pid,
                 "Process whose CPU and memory are measured [the one that "
                 "listens there, when it is on this host]")
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
  AddTarget(app, arguments);
  AddFiles(app, arguments);
  AddMethod(app, arguments);
  AddEvents(app, arguments);
  AddHow(app, arguments);
  AddResults(app, arguments);
}

void AddHttpOptions(CLI::App& app, LoadArguments& arguments) {
  arguments.method = "webhook";
  AddUrl(app, arguments);
  AddFiles(app, arguments);
  AddEvents(app, arguments);
  AddHow(app, arguments);
  AddResults(app, arguments);
}

}  // namespace segrid::bench
