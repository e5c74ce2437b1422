// segrid sources: the sources of a server's configuration.

#include <memory>
#include <string>

#include "absl/strings/str_join.h"
#include "client/cli/admin.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
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

}  // namespace

void AddSources(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<SourcesFlags>();
  CLI::App* command =
      app.add_subcommand("sources", "List the sources of a server");
  AddServerFlags(*command, flags->server);
  command->add_flag("--json", flags->json, "Print one line of JSON");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunSources(*flags, console); };
  });
}

}  // namespace segrid::cli
