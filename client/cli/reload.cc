// segrid reload: makes a server read its configuration again.

#include <memory>
#include <string>
#include <vector>

#include "client/cli/admin.h"
#include "client/cli/columns.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/table.h"

namespace segrid::cli {
namespace {

struct ReloadFlags {
  ServerFlags server;
  std::vector<std::string> allow_removal;
  bool json = false;
};

void Print(const v1::ReloadConfigResponse& response, Console& console) {
  const bool nothing =
      response.changes().empty() && !response.new_certificates();
  console.out << (nothing ? "reloaded: nothing changed\n" : "reloaded\n");
  if (!response.changes().empty()) {
    Table table({"KEY", "FROM", "TO", ""});
    for (const v1::ConfigChange& change : response.changes()) {
      table.Add({change.key(), change.from(), change.to(),
                 change.weakens() ? "callers may do more" : ""});
    }
    table.Print(console);
  }
  if (response.new_certificates()) console.out << "certificates: renewed\n";
  for (const std::string& key : response.restart_keys()) {
    console.out << "needs a restart: " << Printable(key) << "\n";
  }
}

int RunReload(const ReloadFlags& flags, Console& console) {
  v1::ReloadConfigRequest request;
  for (const std::string& key : flags.allow_removal) {
    request.add_allow_removal(key);
  }
  const auto response =
      CallAdmin(flags.server, &AdminStub::ReloadConfig, request);
  if (!response.ok()) return Fail(console, response.error());
  if (flags.json) {
    PrintJson(console, *response);
  } else {
    Print(*response, console);
  }
  return kDone;
}

}  // namespace

void AddReload(CLI::App& app, Action& chosen) {
  CLI::App& command = *app.add_subcommand(
      "reload",
      "Make a server read its configuration again; it takes all or nothing");
  const auto flags = std::make_shared<ReloadFlags>();
  command
      .add_option("--allow-removal", flags->allow_removal,
                  "Keys that the new file may take away, with all below them: "
                  "'sources[old]', grpc.tokens, 'http.listen[127.0.0.1:8080]'")
      ->type_name("KEY");
  AddServerFlags(command, flags->server);
  ExplainColumns(command, {{"KEY", "A key that changed"},
                           {"FROM", "Its old value; secrets are masked"},
                           {"TO", "Its new value"}});
  command.add_flag("--json", flags->json, "Print one line of JSON");
  command.callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunReload(*flags, console); };
  });
}

}  // namespace segrid::cli
