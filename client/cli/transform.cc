// segrid transform: a body in, Tracks out, here or by a server.

#include <memory>
#include <string>
#include <utility>

#include "client/cli/body.h"
#include "client/cli/commands.h"
#include "client/cli/json_values.h"
#include "client/cli/outcome_lines.h"
#include "client/cli/server_flags.h"
#include "client/cli/transform_offline.h"
#include "client/cli/transform_remote.h"
#include "core/command_line/one_of.h"

namespace segrid::cli {
namespace {

struct TransformFlags {
  BodyFlags body;
  std::string config;
  std::string source;
  std::string format = "tracks";
  ServerFlags server;
  bool typed = false;
  bool json = false;
};

AnswerForm FormOf(const TransformFlags& flags) {
  AnswerForm form{.counts_as_json = flags.json};
  if (flags.format == "outcomes") form.format = Format::kOutcomes;
  if (flags.format == "batch") form.format = Format::kBatch;
  return form;
}

void Check(const TransformFlags& flags) {
  const bool remote = !flags.server.address.empty();
  if (remote && !flags.config.empty()) {
    throw CLI::ValidationError("--config",
                               "is not for --server: the server has its own");
  }
  if (!remote && flags.typed) {
    throw CLI::ValidationError("--typed", "needs --server");
  }
  if (!remote && flags.config.empty() != flags.source.empty()) {
    throw CLI::ValidationError(flags.config.empty() ? "--source" : "--config",
                               flags.config.empty()
                                   ? "needs --config (or --server)"
                                   : "needs --source: whose settings?");
  }
}

// The body as an array, in whatever form its events are.
Result<std::string> ReadEvents(const BodyFlags& flags) {
  Result<std::string> body = ReadBody(flags);
  if (!body.ok()) return body;
  Result<std::string> array = AsArray(*std::move(body));
  if (array.ok()) return array;
  Error error = std::move(array).error();
  error.message.insert(0, NameOf(flags) + ": ");
  return error;
}

int RunOffline(const TransformFlags& flags, Console& console) {
  const auto options = LoadSettings(flags.config, flags.source);
  if (!options.ok()) return FailInLines(console, options.status());
  const Result<std::string> body = ReadEvents(flags.body);
  if (!body.ok()) return Fail(console, body.error().message);
  const auto answer = TransformOffline(*body, *options);
  if (!answer.ok()) {
    return Fail(console, NameOf(flags.body) + ": " +
                             std::string(answer.status().message()));
  }
  return PrintAnswer(*answer, FormOf(flags), console);
}

int RunRemote(const TransformFlags& flags, Console& console) {
  Result<std::string> body = ReadEvents(flags.body);
  if (!body.ok()) return Fail(console, body.error().message);
  const Result<Client> client = Client::Connect(flags.server.ToClientOptions());
  if (!client.ok()) return Fail(console, client.error());
  const auto answer =
      flags.typed ? TransformTyped(*client, *body, flags.source)
                  : TransformRemote(*client, *std::move(body), flags.source);
  if (!answer.ok()) return Fail(console, answer.error());
  return PrintAnswer(*answer, FormOf(flags), console);
}

}  // namespace

void AddTransform(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<TransformFlags>();
  CLI::App* command = app.add_subcommand(
      "transform", "Turn a webhook body into Tracks and print them");
  AddBodyFlags(*command, flags->body);
  command
      ->add_option("--config", flags->config,
                   "A server's configuration, for the settings of --source")
      ->type_name("FILE");
  command
      ->add_option("--source", flags->source,
                   "Use this source's settings, and its message ids")
      ->type_name("NAME");
  command
      ->add_option("--format", flags->format,
                   "tracks: a Track per line; outcomes: a line per event; "
                   "batch: the body for Segment")
      ->type_name("FORMAT")
      ->check(command_line::OneOf({"tracks", "outcomes", "batch"}))
      ->capture_default_str();
  AddOptionalServerFlags(*command, flags->server);
  command->add_flag("--typed", flags->typed,
                    "With --server: send and get typed messages, not JSON");
  command->add_flag("--json", flags->json,
                    "Print the counts as JSON, too, on stderr");
  command->callback([flags, &chosen] {
    Check(*flags);
    chosen = [flags](Console& console) {
      return flags->server.address.empty() ? RunOffline(*flags, console)
                                           : RunRemote(*flags, console);
    };
  });
}

}  // namespace segrid::cli
