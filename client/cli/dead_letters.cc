// segrid dead-letters: Tracks that could not be delivered.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/admin.h"
#include "client/cli/columns.h"
#include "client/cli/commands.h"
#include "client/cli/confirm.h"
#include "client/cli/dead_letter_flags.h"
#include "client/cli/interrupt.h"
#include "client/cli/json.h"
#include "client/cli/known_sources.h"
#include "client/cli/safe_text.h"
#include "client/cli/table.h"
#include "core/command_line/number_within.h"

namespace segrid::cli {
namespace {

constexpr int kPageSize = 500;
// Letters of all sources together that are held while their lists are merged.
constexpr int kMaxHeld = 10'000;
// As the server has it.
constexpr std::size_t kMaxFilterIds = 1'000;

struct ListFlags {
  DeadLetterFlags which;
  std::int64_t limit = 100;
  double rate = 1'000;  // Of replay, in a second.
  bool json = false;
  bool yes = false;
};

using Visit = std::function<void(const v1::DeadLetter&)>;

// The dead letters of one source that a filter selects, newest first. Asks for
// the next page when one is used up.
class DeadLetterPages {
 public:
  // `admin` outlives it.
  DeadLetterPages(Admin& admin, v1::DeadLetterFilter filter, int page_size,
                  bool with_track)
      : admin_(&admin) {
    *request_.mutable_filter() = std::move(filter);
    request_.set_page_size(page_size);
    request_.set_include_track_json(with_track);
  }

  // The next one, until it is called again; null behind the last.
  Result<const v1::DeadLetter*> Next() {
    while (at_ == page_.dead_letters_size()) {
      if (has_asked_ && request_.page_token().empty()) return nullptr;
      auto page = admin_->Call(&AdminStub::ListDeadLetters, request_);
      if (!page.ok()) return page.error();
      has_asked_ = true;
      page_ = *std::move(page);
      request_.set_page_token(page_.next_page_token());
      at_ = 0;
    }
    return &page_.dead_letters(at_++);
  }

 private:
  Admin* admin_;
  v1::ListDeadLettersRequest request_;
  v1::ListDeadLettersResponse page_;
  int at_ = 0;
  bool has_asked_ = false;
};

bool IsNewer(const v1::DeadLetter& one, const v1::DeadLetter& other) {
  return std::pair(one.dead_time().seconds(), one.dead_time().nanos()) >
         std::pair(other.dead_time().seconds(), other.dead_time().nanos());
}

// Visits at most `limit` (0: no limit), page by page.
std::optional<Error> ForEach(const ListFlags& flags, bool with_track,
                             std::int64_t limit, const Visit& visit) {
  Result<Admin> admin = Admin::Open(flags.which.server);
  if (!admin.ok()) return std::move(admin).error();
  DeadLetterPages pages(*admin, flags.which.ToFilter(), kPageSize, with_track);
  for (std::int64_t seen = 0; limit == 0 || seen < limit; ++seen) {
    const Result<const v1::DeadLetter*> letter = pages.Next();
    if (!letter.ok()) return letter.error();
    if (*letter == nullptr) break;
    visit(**letter);
  }
  return std::nullopt;
}

// The names of all sources that the server's configuration has.
Result<std::vector<std::string>> AllSources(Admin& admin) {
  const auto answer =
      admin.Call(&AdminStub::ListSources, v1::ListSourcesRequest());
  if (!answer.ok()) return answer.error();
  std::vector<std::string> names;
  for (const v1::Source& source : answer->sources()) {
    names.push_back(source.name());
  }
  return names;
}

// Visits at most `limit` (0: no limit) of all sources, newest first. Holds a
// page of each source, and pages get smaller when there are many.
std::optional<Error> ForEachOfAll(const ListFlags& flags, const Visit& visit) {
  Result<Admin> admin = Admin::Open(flags.which.server);
  if (!admin.ok()) return std::move(admin).error();
  const Result<std::vector<std::string>> sources = AllSources(*admin);
  if (!sources.ok()) return sources.error();
  const int page_size =
      std::clamp(kMaxHeld / std::max<int>(1, static_cast<int>(sources->size())),
                 10, kPageSize);
  struct Cursor {
    DeadLetterPages pages;
    const v1::DeadLetter* letter;
  };
  std::vector<std::unique_ptr<Cursor>> cursors;
  const auto advance = [](Cursor& cursor) -> std::optional<Error> {
    const Result<const v1::DeadLetter*> next = cursor.pages.Next();
    if (!next.ok()) return next.error();
    cursor.letter = *next;
    return std::nullopt;
  };
  for (const std::string& source : *sources) {
    v1::DeadLetterFilter filter = flags.which.ToFilter();
    filter.set_source(source);
    cursors.push_back(std::make_unique<Cursor>(
        Cursor{DeadLetterPages(*admin, filter, page_size, false), nullptr}));
    if (auto error = advance(*cursors.back())) return error;
  }
  for (std::int64_t seen = 0; flags.limit == 0 || seen < flags.limit; ++seen) {
    Cursor* newest = nullptr;
    for (const auto& cursor : cursors) {
      if (cursor->letter != nullptr &&
          (newest == nullptr || IsNewer(*cursor->letter, *newest->letter))) {
        newest = cursor.get();
      }
    }
    if (newest == nullptr) break;
    visit(*newest->letter);
    if (auto error = advance(*newest)) return error;
  }
  return std::nullopt;
}

int FailOf(const ListFlags& flags, const Error& error, Console& console) {
  return Fail(console, WithKnownSources(error, flags.which.server,
                                        {flags.which.source}));
}

// `no dead letters`, or that none is what the flags ask for.
std::string NoneText(const ListFlags& flags) {
  const std::string conditions = flags.which.Described();
  if (conditions.empty()) return "no dead letters";
  const std::string whose = flags.which.source.empty()
                                ? "any source"
                                : "source '" + flags.which.source + "'";
  return "no dead letter of " + whose + " is what you ask for:" + conditions;
}

// What became of those that replay or purge was asked to take. Fails when one
// of those that were named by --id is not there.
int ReportChanged(const ListFlags& flags, std::int64_t changed,
                  std::string_view what, Console& console) {
  const bool some = changed > 0 || flags.which.Described().empty();
  if (!flags.json) {
    console.out << changed << " " << what
                << (some ? "" : "; " + Printable(NoneText(flags))) << "\n";
  }
  const auto asked = static_cast<std::int64_t>(
      std::set<std::uint64_t>(flags.which.ids.begin(), flags.which.ids.end())
          .size());
  if (changed >= asked) return kDone;
  return Fail(console, Counted(asked - changed, "--id names", "--id name") +
                           " no dead letter of source '" + flags.which.source +
                           "' that the other conditions allow; see 'segrid "
                           "dead-letters list'");
}

int RunList(const ListFlags& flags, Console& console) {
  if (flags.which.source.empty() && !flags.which.ids.empty()) {
    return Fail(console,
                "--id needs --source, because each source counts its own");
  }
  Table table({"SOURCE", "ID", "REASON", "DEAD SINCE", "ACCEPTED", "TRIES",
               "MESSAGE ID", "LAST ANSWER"});
  bool found = false;
  const Visit visit = [&](const v1::DeadLetter& letter) {
    found = true;
    if (flags.json) return PrintJson(console, letter);
    table.Add({letter.source(), std::to_string(letter.id()), letter.reason(),
               TimeText(letter.dead_time()), TimeText(letter.accepted_time()),
               std::int64_t{letter.attempt_count()}, letter.message_id(),
               letter.answer()});
  };
  const auto error =
      flags.which.source.empty()
          ? ForEachOfAll(flags, visit)
          : ForEach(flags, /*with_track=*/false, flags.limit, visit);
  if (error.has_value()) return FailOf(flags, *error, console);
  if (!found && !flags.json) console.out << NoneText(flags) << "\n";
  table.Print(console);
  return kDone;
}

// One JSON line with the Track as it is.
std::string ExportLine(const v1::DeadLetter& letter) {
  std::string line = "{\"id\":" + std::to_string(letter.id());
  const auto add = [&line](std::string_view key, std::string_view text) {
    line.append(",\"").append(key).append("\":");
    AppendJsonString(line, text);
  };
  add("source", letter.source());
  add("message_id", letter.message_id());
  add("reason", letter.reason());
  add("answer", letter.answer());
  add("accepted_time", TimeText(letter.accepted_time()));
  add("dead_time", TimeText(letter.dead_time()));
  line += ",\"attempt_count\":" + std::to_string(letter.attempt_count());
  line +=
      ",\"track\":" +
      (letter.track_json().empty() ? "null" : SafeJson(letter.track_json())) +
      "}\n";
  return line;
}

int RunExport(const ListFlags& flags, Console& console) {
  const auto error = ForEach(
      flags, /*with_track=*/true, /*limit=*/0,
      [&](const v1::DeadLetter& letter) { console.out << ExportLine(letter); });
  return error.has_value() ? FailOf(flags, *error, console) : kDone;
}

// One field per line, and the Track as it is.
void PrintLetter(Console& console, const v1::DeadLetter& letter) {
  const auto print = [&console](const char* what, const std::string& text) {
    console.out << what << Printable(text) << "\n";
  };
  print("id:         ", std::to_string(letter.id()));
  print("source:     ", letter.source());
  print("message id: ", letter.message_id());
  print("reason:     ", letter.reason());
  print("accepted:   ", TimeText(letter.accepted_time()));
  print("dead since: ", TimeText(letter.dead_time()));
  print("tries:      ", std::to_string(letter.attempt_count()));
  print("answer:     ", letter.answer());
  console.out << "track:      " << SafeJson(letter.track_json()) << "\n";
}

int RunShow(const ListFlags& flags, Console& console) {
  bool found = false;
  const auto error = ForEach(flags, /*with_track=*/true, /*limit=*/1,
                             [&](const v1::DeadLetter& letter) {
                               found = true;
                               if (!flags.json) {
                                 return PrintLetter(console, letter);
                               }
                               console.out << ExportLine(letter);
                             });
  if (error.has_value()) return FailOf(flags, *error, console);
  if (found) return kDone;
  return Fail(console, "source '" + flags.which.source +
                           "' has no dead letter with this id; see 'segrid "
                           "dead-letters list'");
}

// Queues the letters with `ids` again, in order, at most `rate` in a second.
// What was queued before an error or a stop is in `replayed`.
std::optional<Error> ReplayPaced(const ListFlags& flags,
                                 const std::vector<std::uint64_t>& ids,
                                 const std::stop_token& stop,
                                 std::int64_t& replayed) {
  Result<Admin> admin = Admin::Open(flags.which.server);
  if (!admin.ok()) return std::move(admin).error();
  const auto begin = std::chrono::steady_clock::now();
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any nobody_notifies;
  const std::size_t slice = std::clamp(static_cast<std::size_t>(flags.rate),
                                       std::size_t{1}, kMaxFilterIds);
  for (std::size_t at = 0; at < ids.size() && !stop.stop_requested();) {
    v1::ReplayDeadLettersRequest request;
    *request.mutable_filter() = flags.which.ToFilter();
    request.mutable_filter()->clear_ids();
    const std::size_t end = std::min(at + slice, ids.size());
    for (; at < end; ++at) request.mutable_filter()->add_ids(ids[at]);
    const auto answer = admin->Call(&AdminStub::ReplayDeadLetters, request);
    if (!answer.ok()) return answer.error();
    replayed += answer->replayed_count();
    if (at == ids.size()) break;
    const std::chrono::duration<double> due(static_cast<double>(at) /
                                            flags.rate);
    nobody_notifies.wait_until(
        lock, stop,
        begin + std::chrono::duration_cast<std::chrono::nanoseconds>(due),
        [] { return false; });
  }
  return std::nullopt;
}

int RunReplay(const ListFlags& flags, Console& console) {
  const Interrupt interrupt;
  std::vector<std::uint64_t> ids;
  auto error = ForEach(
      flags, /*with_track=*/false, /*limit=*/0,
      [&ids](const v1::DeadLetter& letter) { ids.push_back(letter.id()); });
  if (error.has_value()) return FailOf(flags, *error, console);
  // They are listed newest first.
  std::reverse(ids.begin(), ids.end());
  v1::ReplayDeadLettersResponse sum;
  std::int64_t replayed = 0;
  error = ReplayPaced(flags, ids, interrupt.token(), replayed);
  sum.set_replayed_count(replayed);
  if (flags.json) PrintJson(console, sum);
  const bool stopped = interrupt.token().stop_requested();
  if (!error.has_value() && !stopped) {
    return ReportChanged(flags, replayed, "queued again", console);
  }
  if (!flags.json) console.out << replayed << " queued again\n";
  if (error.has_value()) return FailOf(flags, *error, console);
  return Fail(console, "stopped; the same command goes on from there");
}

// A person is asked; a script has said what it wants.
bool Confirmed(const ListFlags& flags, Console& console) {
  if (flags.yes || isatty(STDIN_FILENO) != 1) return true;
  return SaysYes(console, "Delete dead letters of '" + flags.which.source +
                              "' permanently?");
}

int RunPurge(const ListFlags& flags, Console& console) {
  if (!Confirmed(flags, console)) return Fail(console, "nothing was deleted");
  v1::PurgeDeadLettersRequest request;
  *request.mutable_filter() = flags.which.ToFilter();
  const auto answer =
      CallAdmin(flags.which.server, &AdminStub::PurgeDeadLetters, request);
  if (!answer.ok()) return FailOf(flags, answer.error(), console);
  if (flags.json) PrintJson(console, *answer);
  return ReportChanged(flags, answer->purged_count(), "deleted", console);
}

// A command under `dead-letters`.
struct Inner {
  const char* name;
  const char* what;
  int (*run)(const ListFlags&, Console&);
};

// The command and where its flags go.
struct Added {
  CLI::App* command;
  std::shared_ptr<ListFlags> flags;
};

Added AddInner(CLI::App& parent, const Inner& inner, Action& chosen) {
  const auto flags = std::make_shared<ListFlags>();
  CLI::App* command = parent.add_subcommand(inner.name, inner.what);
  if (inner.run == RunShow) {
    AddDeadLetterId(*command, flags->which);
  } else {
    AddDeadLetterFlags(*command, flags->which);
  }
  command->callback([flags, run = inner.run, &chosen] {
    chosen = [flags, run](Console& console) { return run(*flags, console); };
  });
  return {command, flags};
}

}  // namespace

void AddDeadLetters(CLI::App& app, Action& chosen) {
  CLI::App* parent = app.add_subcommand("dead-letters",
                                        "List, show, export, replay or delete "
                                        "Tracks that could not be delivered");
  parent->require_subcommand(1);
  const Added list = AddInner(
      *parent,
      {"list", "List them, newest first, of one source or of all", RunList},
      chosen);
  list.command->get_option("--source")
      ->required(false)
      ->description("Only of this source [all sources]");
  ExplainColumns(
      *list.command,
      {{"SOURCE", "The source's name"},
       {"ID", "For --id, and for 'show'; each source counts its own"},
       {"REASON", "Why it was not delivered; see the runbook"},
       {"DEAD SINCE", "When it became a dead letter"},
       {"ACCEPTED", "When the queue took it"},
       {"TRIES", "Requests that had it"},
       {"MESSAGE ID", "Its messageId, which a replay keeps"},
       {"LAST ANSWER", "The receiver's last response: status and text"}});
  list.command
      ->add_option("--limit", list.flags->limit, "At most this many; 0: all")
      ->type_name("NUMBER")
      ->check(command_line::NotNegative())
      ->capture_default_str();
  const Added show = AddInner(
      *parent,
      {"show", "Print one with its Track and all that is known of it", RunShow},
      chosen);
  const Added all =
      AddInner(*parent,
               {"export", "Print them with their Tracks, a line of JSON each",
                RunExport},
               chosen);
  const Added replay = AddInner(
      *parent,
      {"replay", "Queue them again, with the same message ids", RunReplay},
      chosen);
  replay.command
      ->add_option("--rate", replay.flags->rate, "Events per second at most")
      ->type_name("N")
      ->check(
          command_line::NumberWithin(0.1, 1e6, "a number of 0.1 to 1000000"))
      ->capture_default_str();
  const Added purge =
      AddInner(*parent, {"purge", "Delete them permanently", RunPurge}, chosen);
  purge.command->add_flag("--yes,-y", purge.flags->yes,
                          "Do not ask, also on a terminal");
  for (const Added& added : {list, show, all, replay, purge}) {
    added.command->add_flag("--json", added.flags->json,
                            "Print JSON, a line each");
  }
}

}  // namespace segrid::cli
