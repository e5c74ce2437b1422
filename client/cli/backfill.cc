// segrid backfill: old webhook bodies, slowly, to a server that delivers them.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/backfill_progress.h"
#include "client/cli/body.h"
#include "client/cli/commands.h"
#include "client/cli/interrupt.h"
#include "client/cli/json.h"
#include "client/cli/json_values.h"
#include "client/cli/number_within.h"
#include "client/cli/server_flags.h"
#include "client/cli/table.h"
#include "client/client.h"
#include "client/internal/json_elements.h"
#include "client/internal/parts.h"

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
           std::stop_token stop, Console& console)
      : flags_(flags),
        client_(std::move(client)),
        progress_(std::move(progress)),
        stop_(std::move(stop)),
        console_(console) {}

  // What to say when it did not work.
  std::optional<Error> Send(const std::string& file) {
    const Result<std::string> text =
        ReadBody({.file = file, .max_bytes = flags_.max_bytes});
    if (!text.ok()) return text.error();
    const Result<std::string> array = AsArray(*text);
    const std::string not_events =
        file + ": is neither a JSON array nor an event per line";
    if (!array.ok()) return Because(not_events + "; " + array.error().message);
    const auto parts = internal::CutArray(
        *array, {.max_bytes = kMaxPartBytes, .max_events = flags_.batch});
    if (!parts) return Because(not_events);
    Sum& sum = sums_.emplace_back();
    sum.done_before = progress_.Done(file, *parts);
    for (const internal::ElementRun& part : *parts) {
      const std::int64_t end = std::int64_t{part.first} + part.count;
      if (end > sum.done_before) {
        if (auto error = SendPart(part, sum)) {
          return Because(file + ", from event " + std::to_string(part.first) +
                         ": " + error->ToString() + HowToGoOn());
        }
        if (auto error = progress_.Note(file, part)) return error;
      }
      sum.events = end;
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
  static Error Because(std::string message) {
    Error error;
    error.code = ErrorCode::kInvalidArgument;
    error.message = std::move(message);
    return error;
  }

  const char* HowToGoOn() const {
    return flags_.progress.empty()
               ? "; doing it again is harmless, --progress FILE remembers"
               : "; the same command goes on from there";
  }

  std::optional<Error> SendPart(const internal::ElementRun& part, Sum& sum) {
    Pace(part.count);
    ForwardOptions options;
    options.sources = flags_.sources;
    options.call.stop = stop_;
    auto answer = client_.Forward("[" + std::string(part.text) + "]", options);
    if (!answer.ok()) {
      return internal::ErrorOfPart(std::move(answer).error(), part.first,
                                   part.count);
    }
    sum.accepted += answer->accepted_count();
    sum.duplicate += answer->duplicate_count();
    sum.skipped += answer->skipped_count();
    sum.rejected += answer->rejected_count();
    ShowProgress();
    return std::nullopt;
  }

  // Waits until `count` more events are due, or it shall stop.
  void Pace(std::int32_t count) {
    constexpr double kLongest = 1e9;  // Seconds: more would overflow.
    const std::chrono::duration<double> due(
        std::min(static_cast<double>(sent_) / flags_.rate, kLongest));
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any nobody_notifies;
    nobody_notifies.wait_until(
        lock, stop_,
        begin_ + std::chrono::duration_cast<std::chrono::nanoseconds>(due),
        [] { return false; });
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
  BackfillProgress progress_;
  const std::stop_token stop_;
  Console& console_;
  const std::chrono::steady_clock::time_point begin_ =
      std::chrono::steady_clock::now();
  std::int64_t sent_ = 0;
  std::vector<Sum> sums_;
};

int RunBackfill(const BackfillFlags& flags, Console& console) {
  ClientOptions options = flags.server.ToClientOptions();
  options.wait_for_ready = true;  // It outlasts a restart of the server.
  const Interrupt interrupt;
  const Result<Client> client = Client::Connect(options);
  if (!client.ok()) return Fail(console, client.error());
  Result<ProgressFile> progress = ProgressFile::Open(flags.progress);
  if (!progress.ok()) return Fail(console, progress.error().message);
  Backfill backfill(flags, *client, *std::move(progress), interrupt.token(),
                    console);
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
      ->check(NumberWithin(0.1, 1e6, "a number of 0.1 to 1000000"))
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
