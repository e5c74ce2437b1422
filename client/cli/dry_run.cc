// segrid dry-run: all that can be checked before a server runs, sending
// nothing.

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "client/cli/checks.h"
#include "client/cli/columns.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/safe_text.h"
#include "client/cli/table.h"
#include "core/config/environment.h"
#include "core/config/load.h"
#include "core/config/quantity.h"
#include "core/config/warnings.h"

namespace segrid::cli {
namespace {

struct DryRunFlags {
  std::string config;
  std::string data_dir;
  std::string timeout = "5s";
  bool json = false;
};

std::string CheckTimeout(const std::string& text) {
  const auto timeout = config::ParseDuration(text);
  if (!timeout.ok()) return std::string(timeout.status().message());
  const bool in_range =
      absl::Milliseconds(1) <= *timeout && *timeout <= absl::Minutes(5);
  return in_range ? "" : "must be 1ms to 5m";
}

std::string_view NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kFailed:
      return "failed";
  }
  return "";
}

Colour ColourOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return Colour::kGood;
    case Verdict::kWarning:
      return Colour::kWarning;
    case Verdict::kFailed:
      return Colour::kBad;
  }
  return Colour::kPlain;
}

void PrintTable(const Checks& checks, Console& console) {
  Table table({"CHECK", "WHAT", "RESULT", "DETAIL"});
  for (const Check& check : checks) {
    Cell detail(check.detail);
    detail.text = Printable(check.detail);  // What to do stands at its end.
    table.Add({check.name, check.subject,
               Cell(NameOf(check.verdict), ColourOf(check.verdict)), detail});
  }
  table.Print(console);
}

void PrintLines(const Checks& checks, Console& console) {
  for (const Check& check : checks) {
    std::string line = "{\"check\":";
    AppendJsonString(line, check.name);
    AppendJsonString(line += ",\"what\":", check.subject);
    AppendJsonString(line += ",\"result\":", NameOf(check.verdict));
    AppendJsonString(line += ",\"detail\":", check.detail);
    console.out << line << "}\n";
  }
}

// Everything, or, with a configuration that cannot be used, its mistakes.
Checks LookAtAll(const DryRunFlags& flags) {
  Checks checks;
  const config::Environment environment = config::ProcessEnvironment();
  absl::StatusOr<config::Config> config =
      flags.config.empty() ? config::Defaults(environment)
                           : config::Load(flags.config, environment);
  const std::string name = flags.config.empty() ? "defaults" : flags.config;
  if (!config.ok()) {
    std::istringstream lines{std::string(config.status().message())};
    for (std::string line; std::getline(lines, line);) {
      checks.push_back({"config", name, Verdict::kFailed, line});
    }
    return checks;
  }
  if (!flags.data_dir.empty()) config->data_dir = flags.data_dir;
  checks.push_back(
      {"config", name, Verdict::kOk,
       Counted(static_cast<std::int64_t>(config->sources.size()), "source")});
  for (std::string& warning : config::Warnings(*config)) {
    checks.push_back({"config", name, Verdict::kWarning, std::move(warning)});
  }
  CheckDisk(*config, checks);
  CheckListeners(*config, checks);
  CheckCertificates(*config, checks);
  CheckWebhooks(*config, checks);
  CheckSources(*config, *config::ParseDuration(flags.timeout), checks);
  return checks;
}

int RunDryRun(const DryRunFlags& flags, Console& console) {
  const Checks checks = LookAtAll(flags);
  if (flags.json) {
    PrintLines(checks, console);
  } else {
    PrintTable(checks, console);
  }
  const auto failed = std::count_if(
      checks.begin(), checks.end(),
      [](const Check& check) { return check.verdict == Verdict::kFailed; });
  if (failed == 0) return kDone;
  return Fail(console, std::to_string(failed) + " of " +
                           std::to_string(checks.size()) + " checks failed");
}

}  // namespace

void AddDryRun(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<DryRunFlags>();
  CLI::App* command = app.add_subcommand(
      "dry-run",
      "Check what a server needs, sending nothing: configuration, disk, "
      "addresses, certificates, write keys, DNS and TLS of the endpoints");
  command
      ->add_option("--config", flags->config,
                   "The configuration; without it, the server's defaults")
      ->type_name("FILE");
  command
      ->add_option("--data-dir", flags->data_dir,
                   "Instead of the configuration's data_dir")
      ->type_name("DIR");
  command
      ->add_option("--timeout", flags->timeout,
                   "How long a name or a handshake may take")
      ->type_name("DURATION")
      ->check(CLI::Validator(CheckTimeout, ""))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "Print a line of JSON per check");
  ExplainColumns(
      *command,
      {{"CHECK", "What is checked"},
       {"WHAT", "The file, folder, address, source or host"},
       {"RESULT", "ok, warning, or failed; only failed ones fail the command"},
       {"DETAIL", "What was found"}});
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunDryRun(*flags, console); };
  });
}

}  // namespace segrid::cli
