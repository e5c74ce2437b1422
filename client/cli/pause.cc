// segrid pause, segrid resume: stop and start delivery to a source.

#include <memory>
#include <string>

#include "client/cli/admin.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/known_sources.h"

namespace segrid::cli {
namespace {

struct PauseFlags {
  ServerFlags server;
  std::string source;
  bool json = false;
};

int Report(const PauseFlags& flags, const char* state, Console& console) {
  if (flags.json) {
    std::string line = "{\"source\":";
    AppendJsonString(line, flags.source);
    console.out << line << ",\"state\":\"" << state << "\"}\n";
  } else {
    console.out << flags.source << ": " << state << "\n";
  }
  return kDone;
}

int RunPause(const PauseFlags& flags, Console& console) {
  v1::PauseSourceRequest request;
  request.set_source(flags.source);
  const auto answer = CallAdmin(flags.server, &AdminStub::PauseSource, request);
  if (!answer.ok()) {
    return Fail(console,
                WithKnownSources(answer.error(), flags.server, {flags.source}));
  }
  return Report(flags, "PAUSED", console);
}

int RunResume(const PauseFlags& flags, Console& console) {
  v1::ResumeSourceRequest request;
  request.set_source(flags.source);
  const auto answer =
      CallAdmin(flags.server, &AdminStub::ResumeSource, request);
  if (!answer.ok()) {
    return Fail(console,
                WithKnownSources(answer.error(), flags.server, {flags.source}));
  }
  return Report(flags, "RUNNING", console);
}

void AddOne(CLI::App& command, Action& chosen,
            int (*run)(const PauseFlags&, Console&)) {
  const auto flags = std::make_shared<PauseFlags>();
  command.add_option("SOURCE", flags->source, "The source's name")->required();
  AddServerFlags(command, flags->server);
  command.add_flag("--json", flags->json, "Print one line of JSON");
  command.callback([flags, run, &chosen] {
    chosen = [flags, run](Console& console) { return run(*flags, console); };
  });
}

}  // namespace

void AddPauseAndResume(CLI::App& app, Action& chosen) {
  AddOne(*app.add_subcommand(
             "pause", "Stop delivery to a source; its events stay queued"),
         chosen, RunPause);
  AddOne(*app.add_subcommand(
             "resume", "Start delivery to a source again, whatever paused it"),
         chosen, RunResume);
}

}  // namespace segrid::cli
