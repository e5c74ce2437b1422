// segrid status: what the server and its sources are doing.

#include <memory>
#include <string>

#include "client/cli/admin.h"
#include "client/cli/columns.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/status_view.h"
#include "client/cli/table.h"

namespace segrid::cli {
namespace {

struct StatusFlags {
  ServerFlags server;
  bool json = false;
};

void PrintSources(Console& console, const v1::ServerStatus& status) {
  Table table({"SOURCE", "STATE", "ACCEPTED", "DELIVERED", "PENDING", "DEAD",
               "EXPIRED", "PURGED", "DUPLICATE", "FAILED TRIES", "OLDEST"});
  for (const v1::SourceStatus& source : status.sources()) {
    table.Add({WithLabel(source.name(), source.label()),
               StateCell(source.state()), source.accepted_count(),
               source.delivered_count(), source.pending_count(),
               source.dead_letter_count(), source.expired_count(),
               source.purged_count(), source.duplicate_count(),
               source.failed_attempt_count(),
               Age(source.oldest_pending_time(), status.status_time())});
  }
  table.Print(console);
  PrintStateDetails(console, status);
}

int RunStatus(const StatusFlags& flags, Console& console) {
  const auto answer =
      CallAdmin(flags.server, &AdminStub::GetStatus, v1::GetStatusRequest());
  if (!answer.ok()) return Fail(console, answer.error());
  if (flags.json) {
    PrintJson(console, answer->status());
    return kDone;
  }
  PrintServer(console, answer->status(), flags.server.address);
  PrintSources(console, answer->status());
  return kDone;
}

}  // namespace

void AddStatus(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<StatusFlags>();
  CLI::App* command = app.add_subcommand(
      "status", "Show what a server and its sources are doing");
  AddServerFlags(*command, flags->server);
  command->add_flag("--json", flags->json, "Print one line of JSON");
  ExplainColumns(
      *command,
      {{"SOURCE", "The source's name, and its label"},
       {"STATE", "RUNNING, or why it does not deliver; see the runbook"},
       {"ACCEPTED",
        "Tracks taken into the queue = DELIVERED + PENDING + DEAD + EXPIRED + "
        "PURGED"},
       {"DELIVERED", "Tracks that the receiver has taken"},
       {"PENDING", "Tracks that wait for their delivery"},
       {"DEAD", "Tracks that the receiver refused, kept as dead letters"},
       {"EXPIRED", "Tracks that were not delivered within max_age, or lost"},
       {"PURGED", "Tracks that an operator deleted"},
       {"DUPLICATE",
        "Tracks not taken, because their message id was accepted before"},
       {"FAILED TRIES",
        "Requests without success since the start; their events are not lost"},
       {"OLDEST", "Age of the oldest pending Track"}});
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunStatus(*flags, console); };
  });
}

}  // namespace segrid::cli
