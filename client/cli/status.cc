// segrid status: what the server and its sources are doing.

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "client/cli/admin.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/table.h"

namespace segrid::cli {
namespace {

struct StatusFlags {
  ServerFlags server;
  bool json = false;
};

// `RUNNING` and its colour.
Cell StateCell(v1::SourceState state) {
  constexpr std::string_view kPrefix = "SOURCE_STATE_";
  std::string name = v1::SourceState_Name(state);
  if (name.starts_with(kPrefix)) name.erase(0, kPrefix.size());
  if (name.empty()) name = std::to_string(state);
  switch (state) {
    case v1::SOURCE_STATE_RUNNING:
      return {name, Colour::kGood};
    case v1::SOURCE_STATE_MISCONFIGURED:
      return {name, Colour::kBad};
    default:
      return {name, Colour::kWarning};
  }
}

// `3h12m4s` from one moment to a later one; "-" where one is not set.
std::string Age(const google::protobuf::Timestamp& from,
                const google::protobuf::Timestamp& to) {
  if (from.seconds() == 0 || to.seconds() == 0) return "-";
  return absl::FormatDuration(
      absl::Seconds(std::max<std::int64_t>(to.seconds() - from.seconds(), 0)));
}

void PrintServer(Console& console, const v1::ServerStatus& status,
                 const std::string& address) {
  console.out << "segrid-server " << Printable(status.version()) << " at "
              << address << ": "
              << (status.ready() ? Painted(console, "ready", Colour::kGood)
                                 : Painted(console, "not ready", Colour::kBad));
  if (!status.not_ready_reason().empty()) {
    console.out << " (" << Printable(status.not_ready_reason()) << ")";
  }
  console.out << ", up " << Age(status.start_time(), status.status_time())
              << "\n";
}

void PrintSources(Console& console, const v1::ServerStatus& status) {
  Table table({"SOURCE", "STATE", "ACCEPTED", "DELIVERED", "PENDING", "DEAD",
               "EXPIRED", "DUPLICATE", "FAILED TRIES", "OLDEST"});
  for (const v1::SourceStatus& source : status.sources()) {
    table.Add({source.name(), StateCell(source.state()),
               source.accepted_count(), source.delivered_count(),
               source.pending_count(), source.dead_letter_count(),
               source.expired_count(), source.duplicate_count(),
               source.failed_attempt_count(),
               Age(source.oldest_pending_time(), status.status_time())});
  }
  table.Print(console);
  for (const v1::SourceStatus& source : status.sources()) {
    if (source.state_detail().empty()) continue;
    console.out << source.name() << ": " << Printable(source.state_detail());
    const std::string next = TimeText(source.next_attempt_time());
    if (!next.empty()) console.out << "; next attempt " << next;
    console.out << "\n";
  }
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
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunStatus(*flags, console); };
  });
}

}  // namespace segrid::cli
