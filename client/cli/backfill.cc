// segrid backfill: old webhook bodies, slowly, to a server that delivers them.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "client/cli/backfill_run.h"
#include "client/cli/columns.h"
#include "client/cli/commands.h"
#include "client/cli/interrupt.h"
#include "client/cli/json.h"
#include "client/cli/safe_text.h"
#include "client/cli/server_flags.h"
#include "client/cli/table.h"
#include "core/command_line/number_within.h"

namespace segrid::cli {
namespace {

struct BackfillFlags {
  ServerFlags server;
  std::vector<std::string> files;
  BackfillOptions options;
  std::string progress;
  std::string rejected;
  bool json = false;
};

void PrintJsonLine(const BackfillSum& sum, Console& console) {
  std::string line = "{\"file\":";
  AppendJsonString(line, sum.file);
  console.out << line << ",\"events\":" << sum.events
              << ",\"done_before\":" << sum.done_before
              << ",\"bad\":" << sum.bad << ",\"sent\":" << sum.sent
              << ",\"sources\":" << sum.sources
              << ",\"accepted\":" << sum.accepted
              << ",\"duplicate\":" << sum.duplicate
              << ",\"skipped\":" << sum.skipped
              << ",\"rejected\":" << sum.rejected << "}\n";
}

void Print(const std::vector<BackfillSum>& sums, bool json, Console& console) {
  Table table({"FILE", "EVENTS", "DONE BEFORE", "BAD", "SENT", "ACCEPTED",
               "DUPLICATE", "SKIPPED", "REJECTED"});
  for (const BackfillSum& sum : sums) {
    if (json) {
      PrintJsonLine(sum, console);
      continue;
    }
    table.Add({sum.file, sum.events, sum.done_before, sum.bad, sum.sent,
               sum.accepted, sum.duplicate, sum.skipped, sum.rejected});
  }
  table.Print(console);
}

// The names of files in a progress file end with their lines.
bool HaveLineBreak(const std::vector<std::string>& files) {
  return std::any_of(files.begin(), files.end(), [](const std::string& file) {
    return file.find('\n') != std::string::npos;
  });
}

// The file that is read and written at once; "" when there is none.
std::string ReadAndWritten(const BackfillFlags& flags) {
  for (const std::string& written : {flags.progress, flags.rejected}) {
    for (const std::string& file : flags.files) {
      std::error_code none;
      if (std::filesystem::equivalent(written, file, none)) return file;
    }
  }
  return "";
}

int RunBackfill(const BackfillFlags& flags, Console& console) {
  ClientOptions options = flags.server.ToClientOptions();
  options.wait_for_ready = true;  // It outlasts a restart of the server.
  const Interrupt interrupt;
  const Result<Client> client = Client::Connect(options);
  if (!client.ok()) return Fail(console, client.error());
  if (!flags.progress.empty() && HaveLineBreak(flags.files)) {
    return Fail(console,
                "--progress takes no file with a line break in its "
                "name, because it keeps a file per line");
  }
  if (const std::string file = ReadAndWritten(flags); !file.empty()) {
    return Fail(console, file +
                             ": is to be read, so --progress and --rejected "
                             "must be other files");
  }
  Result<ProgressFile> progress = ProgressFile::Open(flags.progress);
  if (!progress.ok()) return Fail(console, progress.error().message);
  Result<RejectedFile> rejected = RejectedFile::Open(flags.rejected);
  if (!rejected.ok()) return Fail(console, rejected.error().message);
  BackfillOptions how = flags.options;
  how.file_count = flags.files.size();
  Backfill backfill(std::move(how), *client,
                    BackfillProgress(*std::move(progress)),
                    *std::move(rejected), interrupt.token(), console);
  std::optional<Error> error;
  for (const std::string& file : flags.files) {
    error = backfill.Send(file);
    if (error) break;
  }
  if (isatty(STDERR_FILENO) != 0) console.err << "\n";
  Print(backfill.sums(), flags.json, console);
  if (error) return Fail(console, error->message);
  if (backfill.unread_files() == 0) return kDone;
  return Fail(
      console,
      std::to_string(backfill.unread_files()) + " of " +
          Counted(static_cast<std::int64_t>(flags.files.size()), "file") +
          " could not be read to the end");
}

}  // namespace

void AddBackfill(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<BackfillFlags>();
  CLI::App* command = app.add_subcommand(
      "backfill",
      "Send archives to a server, no faster than --rate: files of any size "
      "with webhook bodies or an event per line, packed with gzip or not");
  command->add_option("FILE", flags->files, "The files, in this order")
      ->required();
  AddServerFlags(*command, flags->server);
  ExplainColumns(
      *command,
      {{"FILE", "The file"},
       {"EVENTS", "Events in it = DONE BEFORE + BAD + SENT"},
       {"DONE BEFORE", "Events that an earlier run with --progress sent"},
       {"BAD", "Lines and elements that are no JSON"},
       {"SENT", "Events sent to the server"},
       {"ACCEPTED", "Tracks taken into the queue, over all sources"},
       {"DUPLICATE", "Tracks whose message id the source had accepted before"},
       {"SKIPPED", "Events that the source's settings leave out"},
       {"REJECTED", "Events that give no Track, with a reason"}});
  command
      ->add_option("--source", flags->options.sources,
                   "Only to this source; may be given several times")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->delimiter(',');
  command
      ->add_option("--rate", flags->options.rate, "Events per second at most")
      ->type_name("N")
      ->check(
          command_line::NumberWithin(0.1, 1e6, "a number of 0.1 to 1000000"))
      ->capture_default_str();
  command
      ->add_option("--batch", flags->options.batch, "Events per call at most")
      ->type_name("N")
      ->check(command_line::NumberWithin(1, 10'000, "a number of 1 to 10000"))
      ->capture_default_str();
  command
      ->add_option("--progress", flags->progress,
                   "Keep in this file how far it came, and go on from there")
      ->type_name("FILE");
  command
      ->add_option("--rejected", flags->rejected,
                   "Append here, byte for byte, lines that are no JSON and "
                   "events that are rejected")
      ->type_name("FILE");
  command->add_flag("--json", flags->json, "Print a line of JSON per file");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunBackfill(*flags, console); };
  });
}

}  // namespace segrid::cli
