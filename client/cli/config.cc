// segrid config: what commands use to reach a server.

#include <memory>
#include <string>

#include "client/cli/columns.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/server_flags.h"
#include "client/cli/table.h"

namespace segrid::cli {
namespace {

struct ConfigFlags {
  ServerFlags server;
  bool json = false;
};

int RunConfig(const ConfigFlags& flags, Console& console) {
  Table table({"SETTING", "VALUE", "FROM"});
  std::string json;
  for (const command_line::Setting& setting : flags.server.settings) {
    table.Add({setting.name, setting.value.empty() ? "-" : setting.value,
               setting.from});
    json.append(json.empty() ? "{" : ",");
    AppendJsonString(json, setting.name);
    json.append(":{\"value\":");
    AppendJsonString(json, setting.value);
    json.append(",\"from\":");
    AppendJsonString(json, setting.from);
    json.append("}");
  }
  if (flags.json) {
    console.out << json << "}\n";
  } else {
    table.Print(console);
  }
  return kDone;
}

}  // namespace

void AddConfig(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<ConfigFlags>();
  CLI::App* command = app.add_subcommand(
      "config",
      "Show which server, TLS files and token commands use, and why; the token "
      "is masked");
  AddServerFlags(*command, flags->server);
  ExplainColumns(
      *command,
      {{"SETTING", "The option's name"},
       {"VALUE", "Its value; -: none"},
       {"FROM",
        "option, environment (SEGRID_…), profile or default: the first of "
        "these that has it; implied: another option of TLS is set"}});
  command->add_flag("--json", flags->json, "Print one line of JSON");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunConfig(*flags, console); };
  });
}

}  // namespace segrid::cli
