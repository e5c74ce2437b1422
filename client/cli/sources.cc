// segrid sources: the sources of a server's configuration, and those that left
// it.

#include <memory>
#include <string>

#include "absl/strings/str_join.h"
#include "client/cli/admin.h"
#include "client/cli/columns.h"
#include "client/cli/commands.h"
#include "client/cli/confirm.h"
#include "client/cli/json.h"
#include "client/cli/safe_text.h"
#include "client/cli/status_view.h"
#include "client/cli/table.h"

namespace segrid::cli {
namespace {

struct SourcesFlags {
  ServerFlags server;
  bool json = false;
};

int RunSources(const SourcesFlags& flags, Console& console) {
  const auto answer = CallAdmin(flags.server, &AdminStub::ListSources,
                                v1::ListSourcesRequest());
  if (!answer.ok()) return Fail(console, answer.error());
  if (flags.json) {
    PrintJson(console, *answer);
    return kDone;
  }
  if (answer->sources().empty()) {
    console.out << "no sources: the server only transforms\n";
  }
  Table table(
      {"SOURCE", "RECEIVER", "ENDPOINT", "TAG", "EVENTS", "E-MAIL TYPES"});
  for (const v1::Source& source : answer->sources()) {
    table.Add({WithLabel(source.name(), source.label()), source.receiver(),
               source.endpoint(), source.tag(),
               absl::StrJoin(source.events(), ","),
               absl::StrJoin(source.email_types(), ",")});
  }
  table.Print(console);
  return kDone;
}

struct DropFlags {
  ServerFlags server;
  std::string source;
  bool json = false;
  bool yes = false;
};

// The question names what would be lost.
std::string DropQuestion(const DropFlags& flags) {
  const auto answer =
      CallAdmin(flags.server, &AdminStub::GetStatus, v1::GetStatusRequest());
  std::string what = "all that waits";
  if (answer.ok()) {
    for (const v1::SourceStatus& source : answer->status().sources()) {
      if (source.name() != flags.source) continue;
      what = Counted(source.pending_count(), "pending event") +
             " and all dead letters";
    }
  }
  return "Delete " + what + " of source '" + flags.source + "' permanently?";
}

int RunDrop(const DropFlags& flags, Console& console) {
  if (!flags.yes && !SaysYes(console, DropQuestion(flags))) {
    return Fail(console, "nothing was deleted; --yes does it without asking");
  }
  v1::DropSourceRequest request;
  request.set_source(flags.source);
  const auto answer = CallAdmin(flags.server, &AdminStub::DropSource, request);
  if (!answer.ok()) return Fail(console, answer.error());
  if (flags.json) {
    PrintJson(console, *answer);
    return kDone;
  }
  console.out << Printable(flags.source) << ": purged "
              << Counted(answer->pending_count(), "pending event") << " and "
              << Counted(answer->dead_letter_count(), "dead letter") << "\n";
  return kDone;
}

void AddDrop(CLI::App& parent, Action& chosen) {
  const auto flags = std::make_shared<DropFlags>();
  CLI::App* command = parent.add_subcommand(
      "drop", "Delete all events of a source that left the configuration");
  command->add_option("NAME", flags->source, "Its name in 'segrid status'")
      ->required();
  AddServerFlags(*command, flags->server);
  command->add_flag("--yes,-y", flags->yes, "Do not ask");
  command->add_flag("--json", flags->json, "Print one line of JSON");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunDrop(*flags, console); };
  });
}

}  // namespace

void AddSources(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<SourcesFlags>();
  CLI::App* command =
      app.add_subcommand("sources", "List the sources of a server");
  command->require_subcommand(0, 1);
  AddServerFlags(*command, flags->server);
  command->add_flag("--json", flags->json, "Print one line of JSON");
  AddDrop(*command, chosen);
  ExplainColumns(*command,
                 {{"SOURCE", "The source's name, and its label"},
                  {"RECEIVER", "The kind of receiver"},
                  {"ENDPOINT", "Where its Tracks go"},
                  {"TAG", "The end of its message ids"},
                  {"EVENTS", "The events that it selects"},
                  {"E-MAIL TYPES", "The kinds of e-mail that it selects"}});
  command->callback([flags, command, &chosen] {
    // Runs also after that of a command below it.
    if (!command->get_subcommands().empty()) return;
    chosen = [flags](Console& console) { return RunSources(*flags, console); };
  });
}

}  // namespace segrid::cli
