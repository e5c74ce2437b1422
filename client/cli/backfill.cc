// segrid backfill: old webhook bodies, slowly, to a server that delivers them.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/body.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/progress_file.h"
#include "client/cli/server_flags.h"
#include "client/cli/table.h"
#include "client/client.h"
#include "client/internal/json_elements.h"

namespace segrid::cli {
namespace {

constexpr std::size_t kMaxPartBytes = 1 << 20;

struct BackfillFlags {
  ServerFlags server;
  std::vector<std::string> files;
  std::vector<std::string> sources;
  std::string max_bytes = "1GiB";
  double rate = 1'000;
  std::int32_t batch = 500;
  std::string progress;
  bool json = false;
};

// What became of a file's events.
struct Sum {
  std::int64_t events = 0;
  std::int64_t done_before = 0;
  std::int64_t accepted = 0;
  std::int64_t duplicate = 0;
  std::int64_t skipped = 0;
  std::int64_t rejected = 0;
};

// Sends files one after the other, no faster than the rate.
class Backfill {
 public:
  Backfill(const BackfillFlags& flags, Client client, ProgressFile progress,
           Console& console)
      : flags_(flags),
        client_(std::move(client)),
        progress_(std::move(progress)),
        console_(console),
        begin_(absl::Now()) {}

  // What to say when it did not work.
  std::optional<Error> Send(const std::string& file) {
    const Result<std::string> text =
        ReadBody({.file = file, .max_bytes = flags_.max_bytes});
    if (!text.ok()) return text.error();
    const std::string array = AsArray(*text);
    const auto parts = internal::CutArray(
        array, {.max_bytes = kMaxPartBytes, .max_events = flags_.batch});
    if (!parts) {
      Error error;
      error.code = ErrorCode::kInvalidArgument;
      error.message = file + ": is neither a JSON array nor an event per line";
      return error;
    }
    Sum& sum = sums_.emplace_back();
    sum.done_before = progress_.Done(file);
    for (const internal::ElementRun& part : *parts) {
      sum.events += part.count;
      if (sum.events <= sum.done_before) continue;
      if (auto error = SendPart(part, sum)) {
        error->message = file + ", from event " + std::to_string(part.first) +
                         ": " + error->message;
        return error;
      }
      if (auto error = progress_.Note(file, sum.events)) return error;
    }
    return std::nullopt;
  }

  void Print() const {
    Table table({"FILE", "EVENTS", "DONE BEFORE", "ACCEPTED", "DUPLICATE",
                 "SKIPPED", "REJECTED"});
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      const Sum& sum = sums_[i];
      if (flags_.json) {
        PrintJsonLine(flags_.files[i], sum);
        continue;
      }
      table.Add({flags_.files[i], sum.events,
                 std::min(sum.done_before, sum.events), sum.accepted,
                 sum.duplicate, sum.skipped, sum.rejected});
    }
    table.Print(console_);
  }

 private:
  std::optional<Error> SendPart(const internal::ElementRun& part, Sum& sum) {
    Pace(part.count);
    ForwardOptions options;
    options.sources = flags_.sources;
    const auto answer =
        client_.Forward("[" + std::string(part.text) + "]", options);
    if (!answer.ok()) return answer.error();
    sum.accepted += answer->accepted_count();
    sum.duplicate += answer->duplicate_count();
    sum.skipped += answer->skipped_count();
    sum.rejected += answer->rejected_count();
    ShowProgress();
    return std::nullopt;
  }

  // Waits until `count` more events are due.
  void Pace(std::int32_t count) {
    absl::SleepFor(begin_ +
                   absl::Seconds(static_cast<double>(sent_) / flags_.rate) -
                   absl::Now());
    sent_ += count;
  }

  void ShowProgress() const {
    if (isatty(STDERR_FILENO) == 0) return;
    console_.err << "\r" << sums_.size() << " of " << flags_.files.size()
                 << " files, " << sent_ << " events" << std::flush;
  }

  void PrintJsonLine(const std::string& file, const Sum& sum) const {
    std::string line = "{\"file\":";
    AppendJsonString(line, file);
    console_.out << line << ",\"events\":" << sum.events
                 << ",\"done_before\":" << std::min(sum.done_before, sum.events)
                 << ",\"accepted\":" << sum.accepted
                 << ",\"duplicate\":" << sum.duplicate
                 << ",\"skipped\":" << sum.skipped
                 << ",\"rejected\":" << sum.rejected << "}\n";
  }

  const BackfillFlags& flags_;
  const Client client_;
  ProgressFile progress_;
  Console& console_;
  const absl::Time begin_;
  std::int64_t sent_ = 0;
  std::vector<Sum> sums_;
};

int RunBackfill(const BackfillFlags& flags, Console& console) {
  ClientOptions options = flags.server.ToClientOptions();
  options.wait_for_ready = true;  // It outlasts a restart of the server.
  const Result<Client> client = Client::Connect(options);
  if (!client.ok()) return Fail(console, client.error());
  Result<ProgressFile> progress = ProgressFile::Open(flags.progress);
  if (!progress.ok()) return Fail(console, progress.error().message);
  Backfill backfill(flags, *client, *std::move(progress), console);
  std::optional<Error> error;
  for (const std::string& file : flags.files) {
    error = backfill.Send(file);
    if (error) break;
  }
  if (isatty(STDERR_FILENO) != 0) console.err << "\n";
  backfill.Print();
  return error ? Fail(console, error->message) : kDone;
}

}  // namespace

void AddBackfill(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<BackfillFlags>();
  CLI::App* command = app.add_subcommand(
      "backfill",
      "Give archived webhook bodies, or files with an event per line, to a "
      "server, no faster than --rate");
  command->add_option("FILE", flags->files, "The files, in this order")
      ->required();
  AddServerFlags(*command, flags->server);
  command
      ->add_option("--source", flags->sources,
                   "Only to this source; may be given several times")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->delimiter(',');
  command->add_option("--rate", flags->rate, "Events per second at most")
      ->type_name("N")
      ->check(CLI::Range(0.1, 1e6))
      ->capture_default_str();
  command->add_option("--batch", flags->batch, "Events per call at most")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command
      ->add_option("--progress", flags->progress,
                   "Keep in this file how far it came, and go on from there")
      ->type_name("FILE");
  command->add_flag("--json", flags->json, "Print a line of JSON per file");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunBackfill(*flags, console); };
  });
}

}  // namespace segrid::cli
