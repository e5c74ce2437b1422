// segrid erase: deletes what a server's queue has of one person.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "client/cli/admin.h"
#include "client/cli/body.h"
#include "client/cli/columns.h"
#include "client/cli/commands.h"
#include "client/cli/confirm.h"
#include "client/cli/json.h"
#include "client/cli/safe_text.h"
#include "client/cli/table.h"

namespace segrid::cli {
namespace {

// Larger than any address that a server takes.
constexpr const char* kMaxPersonBytes = "4KiB";

struct EraseFlags {
  ServerFlags server;
  std::string email;
  std::string email_file;
  std::string user_id;
  std::string source;
  bool dry_run = false;
  bool yes = false;
  bool json = false;
};

struct Totals {
  std::int64_t pending = 0;
  std::int64_t in_flight = 0;
  std::int64_t dead_letters = 0;
};

Totals Sum(const v1::ErasePersonResponse& response) {
  Totals totals;
  for (const v1::ErasedSource& source : response.sources()) {
    totals.pending += source.pending_count();
    totals.in_flight += source.in_flight_count();
    totals.dead_letters += source.dead_letter_count();
  }
  return totals;
}

// The address, from where the flags say. Errors never repeat it.
Result<std::string> ReadEmail(const EraseFlags& flags) {
  std::string file = flags.email_file;
  if (flags.email == "-") file = "-";
  if (file.empty()) return flags.email;
  Result<std::string> text =
      ReadBytes({.file = file, .max_bytes = kMaxPersonBytes});
  if (!text.ok()) return std::move(text).error();
  absl::StripAsciiWhitespace(&*text);
  if (text->find('\n') != std::string::npos) {
    Error error;
    error.code = ErrorCode::kInvalidArgument;
    error.message = NameOf({.file = file}) +
                    ": has several lines: give one address, and run the "
                    "command once for each";
    return error;
  }
  return text;
}

void PrintTable(const v1::ErasePersonResponse& response, Console& console) {
  Table table({"SOURCE", "PENDING", "IN FLIGHT", "DEAD LETTERS", "RESPONSES"});
  for (const v1::ErasedSource& source : response.sources()) {
    table.Add({source.source(), source.pending_count(),
               source.in_flight_count(), source.dead_letter_count(),
               source.answer_count()});
  }
  table.Print(console);
}

// A person who was promised that their data are gone must not be told less.
void PrintRest(const v1::ErasePersonResponse& response, Console& console) {
  const Totals totals = Sum(response);
  console.out << "Not erased:\n";
  if (totals.in_flight > 0) {
    console.out << "  - " << Counted(totals.in_flight, "event")
                << " of these may arrive at the receiver all the same, because "
                   "a delivery had them already\n";
  }
  console.out << "  - what was delivered: files and databases of receivers are "
                 "yours, delete the rows there\n"
              << "  - Segment, and what is behind it: ask for it there "
                 "(Settings > End User Privacy, or the Public API's Deletion "
                 "and Suppression); that goes by userId\n"
              << "  - backups of the queue, and what SendGrid keeps and posts "
                 "again\n";
  for (const std::string& path : response.leftovers()) {
    console.out << "  - what a repair kept in " << Printable(path)
                << ": delete it\n";
  }
}

void Print(const EraseFlags& flags, const v1::ErasePersonResponse& response,
           Console& console) {
  const Totals totals = Sum(response);
  PrintTable(response, console);
  const std::string what = Counted(totals.pending, "pending event") + " and " +
                           Counted(totals.dead_letters, "dead letter");
  if (flags.dry_run) {
    console.out << "would erase " << what << "\n";
  } else {
    console.out << "erased " << what
                << "; no file of the queue has them any more\n";
  }
  PrintRest(response, console);
}

int RunErase(const EraseFlags& flags, Console& console) {
  v1::ErasePersonRequest request;
  if (flags.user_id.empty()) {
    Result<std::string> email = ReadEmail(flags);
    if (!email.ok()) return Fail(console, email.error());
    request.set_email(*email);
  }
  request.set_user_id(flags.user_id);
  request.set_source(flags.source);
  request.set_dry_run(true);
  Result<Admin> admin = Admin::Open(flags.server);
  if (!admin.ok()) return Fail(console, admin.error());
  if (!flags.dry_run && !flags.yes) {
    // The question names what would be lost.
    const auto found = admin->Call(&AdminStub::ErasePerson, request);
    if (!found.ok()) return Fail(console, found.error());
    const Totals totals = Sum(*found);
    if (!SaysYes(console, "Erase " + Counted(totals.pending, "pending event") +
                              " and " +
                              Counted(totals.dead_letters, "dead letter") +
                              " of this person permanently?")) {
      return Fail(console, "nothing was erased; --yes does it without asking");
    }
  }
  request.set_dry_run(flags.dry_run);
  const auto erased = admin->Call(&AdminStub::ErasePerson, request);
  if (!erased.ok()) return Fail(console, erased.error());
  if (flags.json) {
    PrintJson(console, *erased);
  } else {
    Print(flags, *erased, console);
  }
  return kDone;
}

void AddPersonFlags(CLI::App& command, EraseFlags& flags) {
  CLI::Option_group* const person =
      command.add_option_group("person", "Whose data");
  person
      ->add_option("--email", flags.email,
                   "The address; letter case does not count. - reads it from "
                   "standard input, so that it is in no list of processes and "
                   "no shell history")
      ->type_name("ADDRESS");
  person
      ->add_option("--email-file", flags.email_file,
                   "The address is the only line of this file; - is standard "
                   "input")
      ->type_name("FILE");
  person
      ->add_option("--user-id", flags.user_id,
                   "The userId of the Tracks, exactly")
      ->type_name("ID");
  person->require_option(1);
}

}  // namespace

void AddErase(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<EraseFlags>();
  // All that the queue holds is read and written anew.
  flags->server.timeout = "1h";
  CLI::App* command = app.add_subcommand(
      "erase", "Delete what a server's queue has of one person");
  AddPersonFlags(*command, *flags);
  AddServerFlags(*command, flags->server);
  command
      ->add_option("--source", flags->source,
                   "Only of this source. Default: of all")
      ->type_name("NAME");
  command->add_flag("--dry-run", flags->dry_run, "Only count");
  command->add_flag("--yes,-y", flags->yes, "Do not ask");
  command->add_flag("--json", flags->json, "Print one line of JSON");
  ExplainColumns(
      *command,
      {{"SOURCE", "The source in whose queue there was something"},
       {"PENDING", "Events that were not delivered yet, and now never are"},
       {"IN FLIGHT", "Those of them that a delivery had already: may arrive"},
       {"DEAD LETTERS", "Dead letters that were deleted"},
       {"RESPONSES",
        "Recorded responses of other dead letters that repeated the address"}});
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunErase(*flags, console); };
  });
}

}  // namespace segrid::cli
