// segrid forward: gives a body to a server that delivers it.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/body.h"
#include "client/cli/columns.h"
#include "client/cli/commands.h"
#include "client/cli/console.h"
#include "client/cli/forward_parts.h"
#include "client/cli/interrupt.h"
#include "client/cli/issue_summary.h"
#include "client/cli/json.h"
#include "client/cli/json_values.h"
#include "client/cli/known_sources.h"
#include "client/cli/progress_bar.h"
#include "client/cli/safe_text.h"
#include "client/cli/server_flags.h"
#include "client/cli/table.h"
#include "client/client.h"

namespace segrid::cli {
namespace {

struct ForwardFlags {
  ServerFlags server;
  BodyFlags body;
  std::string resume;
  std::vector<std::string> sources;
  bool wait = false;
  bool json = false;
};

void Print(Console& console, const v1::ForwardResponse& answer, bool wait) {
  console.out << "events=" << answer.event_count()
              << " accepted=" << answer.accepted_count()
              << " duplicate=" << answer.duplicate_count()
              << " skipped=" << answer.skipped_count()
              << " rejected=" << answer.rejected_count()
              << " coerced=" << answer.field_coerced_count()
              << " dropped=" << answer.field_dropped_count() << "\n";
  if (wait) {
    console.out << "delivered=" << answer.delivered_count()
                << " pending=" << answer.pending_count()
                << " dead-letters=" << answer.dead_letter_count() << "\n";
  }
  Table table({"SOURCE", "ACCEPTED", "DUPLICATE", "SKIPPED", "REJECTED"});
  for (const v1::SourceResult& source : answer.sources()) {
    table.Add({source.source(), source.accepted_count(),
               source.duplicate_count(), source.skipped_count(),
               source.rejected_count()});
  }
  table.Print(console);
  for (const v1::SourceResult& source : answer.sources()) {
    if (source.state() != v1::SOURCE_STATE_MISCONFIGURED &&
        source.state() != v1::SOURCE_STATE_PAUSED) {
      continue;
    }
    console.out << Printable(source.source()) << ": "
                << (source.state() == v1::SOURCE_STATE_PAUSED ? "PAUSED"
                                                              : "MISCONFIGURED")
                << "; its events stay queued, segrid status says why\n";
  }
  PrintIssueSummary(console, answer.issues());
}

// Why it ended early, how far it came, and how to go on.
int FailEarly(const ForwardedParts& sum, const ForwardFlags& flags,
              Console& console) {
  const Error error = WithKnownSources(*sum.error, flags.server, flags.sources);
  if (sum.total == 0) return Fail(console, error);
  std::string message = std::to_string(sum.done) + " of " +
                        Counted(sum.total, "event is", "events are") +
                        " done, then " + error.ToString();
  message.append(flags.resume.empty()
                     ? "; sent again, what the server has is a duplicate "
                       "within its dedup_window; --resume FILE remembers"
                     : "; the same command goes on from there");
  return Fail(console, message);
}

int RunForward(const ForwardFlags& flags, Console& console) {
  Result<std::string> body = ReadBody(flags.body);
  if (!body.ok()) return Fail(console, body.error().message);
  Result<std::string> array = AsArray(*std::move(body));
  if (!array.ok()) {
    return Fail(console, NameOf(flags.body) + ": " + array.error().message);
  }
  const Interrupt interrupt;
  const Result<Client> client = Client::Connect(flags.server.ToClientOptions());
  if (!client.ok()) return Fail(console, client.error());
  ForwardOptions options;
  options.sources = flags.sources;
  options.wait = flags.wait ? v1::WAIT_DELIVERED : v1::WAIT_ACCEPTED;
  options.call.stop = interrupt.token();
  const ForwardedParts sum =
      ForwardInParts(*client, *std::move(array),
                     {.forward = options,
                      .state_file = flags.resume,
                      .body_name = NameOf(flags.body),
                      .show_progress = WantsProgress() && !flags.json},
                     console);
  if (sum.error.has_value()) return FailEarly(sum, flags, console);
  const v1::ForwardResponse& answer = sum.answer;
  if (flags.json) {
    PrintJson(console, answer);
  } else {
    if (sum.done_before > 0) {
      console.out << "done-before=" << sum.done_before << "\n";
    }
    Print(console, answer, flags.wait);
  }
  if (answer.pending_count() == 0 && answer.dead_letter_count() == 0) {
    return kDone;
  }
  return Fail(console,
              "not everything was delivered: " +
                  Counted(answer.pending_count(), "Track is", "Tracks are") +
                  " still queued (the server goes on), " +
                  Counted(answer.dead_letter_count(), "is a dead letter",
                          "are dead letters"));
}

}  // namespace

void AddForward(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<ForwardFlags>();
  CLI::App* command = app.add_subcommand(
      "forward",
      "Send one webhook body to a server for delivery, as fast as it takes it");
  AddBodyFlags(*command, flags->body);
  AddServerFlags(*command, flags->server);
  ExplainColumns(
      *command,
      {{"SOURCE", "The source's name"},
       {"ACCEPTED", "Tracks taken into its queue"},
       {"DUPLICATE", "Tracks whose message id the source had accepted before"},
       {"SKIPPED", "Events that the source's settings leave out"},
       {"REJECTED", "Events that give no Track, with a reason"},
       {"OUTCOME", "skipped or rejected"},
       {"REASON", "Why; see docs/errors.md"},
       {"ISSUES", "Events with this reason, counted once per source"},
       {"FIRST EVENT", "The first of them, counted from 0"},
       {"DETAIL", "What is wrong with that one"}});
  command
      ->add_option("--source", flags->sources,
                   "Only to this source; may be given several times")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->delimiter(',');
  command
      ->add_option("--resume", flags->resume,
                   "Keep in this file how far it came, and go on from there")
      ->type_name("FILE");
  command->add_flag("--wait", flags->wait,
                    "Wait until the receivers have the Tracks, at most "
                    "--timeout; fail when some are not delivered then");
  command->add_flag("--json", flags->json, "Print one line of JSON");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunForward(*flags, console); };
  });
}

}  // namespace segrid::cli
