// segrid top: the sources of a server, live.

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "client/cli/admin_stream.h"
#include "client/cli/columns.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/status_view.h"
#include "client/cli/table.h"
#include "core/command_line/number_within.h"
#include "core/config/quantity.h"

namespace segrid::cli {
namespace {

struct TopFlags {
  ServerFlags server;
  std::string interval = "1s";
  std::int32_t count = 0;
  bool json = false;
};

std::string CheckInterval(const std::string& text) {
  const auto interval = config::ParseDuration(text);
  if (!interval.ok()) return std::string(interval.status().message());
  const bool in_range =
      absl::Milliseconds(100) <= *interval && *interval <= absl::Hours(1);
  return in_range ? "" : "must be 100ms to 1h";
}

double Seconds(const google::protobuf::Timestamp& time) {
  return static_cast<double>(time.seconds()) + 1e-9 * time.nanos();
}

// `1234.5/s` of a count since `before`; "-" the first time.
std::string Rate(std::int64_t now, std::int64_t before, double seconds) {
  if (seconds <= 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f/s",
                static_cast<double>(now - before) / seconds);
  return text;
}

// Shows one status after the other, with the rates since the one before.
class Screen {
 public:
  Screen(Console& console, const TopFlags& flags)
      : console_(console), flags_(flags) {}

  void Show(const v1::ServerStatus& status) {
    if (flags_.json) {
      PrintJson(console_, status);
      console_.out.flush();
      return;
    }
    if (console_.screen) console_.out << "\x1b[H\x1b[2J";
    PrintServer(console_, status, flags_.server.address);
    ShowSources(status);
    PrintStateDetails(console_, status);
    console_.out.flush();
    before_ = status;
  }

 private:
  void ShowSources(const v1::ServerStatus& status) {
    std::map<std::string, v1::SourceStatus> before;
    for (const auto& source : before_.sources()) before[source.name()] = source;
    const double seconds =
        before_.has_status_time()
            ? Seconds(status.status_time()) - Seconds(before_.status_time())
            : 0;
    Table table({"SOURCE", "STATE", "ACCEPTED", "DELIVERED", "FAILED TRIES",
                 "PENDING", "BYTES", "OLDEST", "DEAD"});
    for (const v1::SourceStatus& source : status.sources()) {
      const v1::SourceStatus& old = before[source.name()];
      table.Add({source.name(), StateCell(source.state()),
                 Rate(source.accepted_count(), old.accepted_count(), seconds),
                 Rate(source.delivered_count(), old.delivered_count(), seconds),
                 Rate(source.failed_attempt_count(), old.failed_attempt_count(),
                      seconds),
                 source.pending_count(), source.pending_bytes(),
                 Age(source.oldest_pending_time(), status.status_time()),
                 source.dead_letter_count()});
    }
    table.Print(console_);
  }

  Console& console_;
  const TopFlags& flags_;
  v1::ServerStatus before_;
};

int RunTop(const TopFlags& flags, Console& console) {
  v1::WatchStatusRequest request;
  const absl::Duration interval = *config::ParseDuration(flags.interval);
  request.mutable_interval()->set_seconds(absl::ToInt64Seconds(interval));
  request.mutable_interval()->set_nanos(static_cast<std::int32_t>(
      absl::ToInt64Nanoseconds(interval) % 1'000'000'000));
  Screen screen(console, flags);
  std::int32_t shown = 0;
  return FollowAdmin(flags.server, console, &AdminStub::WatchStatus, request,
                     [&](const v1::WatchStatusResponse& answer) {
                       screen.Show(answer.status());
                       return ++shown != flags.count;
                     });
}

}  // namespace

void AddTop(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<TopFlags>();
  CLI::App* command = app.add_subcommand(
      "top", "Show the sources of a server live, until Ctrl-C");
  AddServerFlags(*command, flags->server);
  ExplainColumns(
      *command,
      {{"SOURCE", "The source's name"},
       {"STATE", "RUNNING, or why it does not deliver; see the runbook"},
       {"ACCEPTED", "Tracks per second taken into the queue"},
       {"DELIVERED", "Tracks per second that the receiver has taken"},
       {"FAILED TRIES", "Requests per second without success"},
       {"PENDING", "Tracks that wait for their delivery"},
       {"BYTES", "Their JSON"},
       {"OLDEST", "Age of the oldest of them"},
       {"DEAD", "Tracks that the receiver refused, kept as dead letters"}});
  command
      ->add_option("--interval", flags->interval,
                   "Time between two looks: 100ms to 1h")
      ->type_name("DURATION")
      ->check(CLI::Validator(CheckInterval, ""))
      ->capture_default_str();
  command
      ->add_option("--count", flags->count, "End after so many looks; 0: never")
      ->type_name("N")
      ->check(command_line::NotNegative())
      ->capture_default_str();
  command->add_flag("--json", flags->json, "Print a line of JSON per look");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunTop(*flags, console); };
  });
}

}  // namespace segrid::cli
