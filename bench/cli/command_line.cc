#include "bench/cli/command_line.h"

#include <algorithm>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/cli/load_options.h"
#include "bench/stats/metric_catalog.h"
#include "core/base/status_macros.h"
#include "core/base/version.h"
#include "core/command_line/one_of.h"
#include "core/command_line/usage_error.h"

namespace segrid::bench {
namespace {

constexpr int kMisuse = 2;

struct SuiteArguments {
  SuiteOptions options;
  std::vector<std::string> bodies;
  std::string memory_duration = "20s";
  std::string json_path;
  bool must_meet_goals = false;
};

struct Column {
  std::string_view name;  // As in the table's heading.
  std::string_view meaning;
};

constexpr Column kRunColumns[] = {
    {"throughput", "per second, and in all"},
    {"calls", "successful calls; beside a code: calls that ended with it"},
    {"events", "events in successful calls"},
    {"sent", "bytes of their messages to the server"},
    {"received", "bytes of their messages from the server"},
    {"latency", "from the intended start of a call to its end"},
    {"p50",
     "latency that half of the calls do not exceed; p90, p99, p99.9 "
     "alike"},
    {"p90", "latency that 90 % do not exceed"},
    {"p99", "latency that 99 % do not exceed"},
    {"p99.9", "latency that 99.9 % do not exceed"},
    {"max", "longest latency"},
    {"target", "calls per second that a step intends"},
    {"achieved", "successful calls per second of the step"},
    {"errors", "calls of the step that did not succeed"},
    {"code", "how calls ended"},
    {"share", "part of all calls"},
    {"process", "this tool, and the server when it is on this host"},
    {"cpu", "cores that it used"},
    {"memory", "resident memory at the end"},
    {"peak", "most resident memory since the process started"},
    {"setting", "--compare: a setting that differs"},
    {"metric", "--compare: a figure of both runs; its unit is beside it"},
    {"what", "--compare of two suites: what they measured"},
    {"A", "value in the first file"},
    {"B", "value in the second file"},
    {"B ÷ A",
     "their ratio; behind it better, worse or equal (under 2 %), "
     "where the settings are the same"},
};

constexpr Column kSuiteColumns[] = {
    {"what", "what was measured"},
    {"figure", "its median over the rounds"},
    {"baseline", "the same of what it is compared with, in the same rounds"},
    {"ratio", "figure by baseline"},
    {"spread", "half the distance of the ratio's quartiles"},
    {"goal", "the ratio that is wanted; behind it whether it is met"},
};

std::string Explain(std::span<const Column> columns) {
  std::string text = "Columns:\n";
  for (const Column& column : columns) {
    text +=
        "  " + std::string(column.name) +
        std::string(12 - std::min<std::size_t>(11, column.name.size()), ' ') +
        std::string(column.meaning) + "\n";
  }
  return text + "\n";
}

std::string Footer() {
  std::string text = Explain(kRunColumns) + "Metrics of --expect:\n";
  for (const MetricRow& row : Metrics()) {
    text += "  " + std::string(row.name) +
            std::string(18 - std::min<std::size_t>(17, row.name.size()), ' ') +
            std::string(row.help) + "\n";
  }
  return text +
         "\nExit codes: 0 measured, and every condition holds; 1 a condition "
         "does not hold, no\ncall succeeded, an answer was wrong, or the "
         "server was not reached; 2 misuse.\n\nExamples:\n"
         "  segrid-bench --server 127.0.0.1:50051 --batch 100 --connections 4\n"
         "  segrid-bench --server 127.0.0.1:50051 --rate 1000,2000,4000 --step "
         "10s \\\n      --html report.html --expect 'p99<20ms' --expect "
         "'errors=0'\n"
         "  segrid-bench http --url http://127.0.0.1:8080/v1/webhook "
         "--sign-key key.pem\n"
         "  segrid-bench --compare before.json after.json --expect "
         "'p99<1.1'\n";
}

CLI::App* AddEcho(CLI::App& app, EchoServerOptions& options) {
  CLI::App* echo = app.add_subcommand(
      "echo-server", "Serve raw echoes, the ceiling for any server here");
  echo->add_option("--listen", options.listen, "host:port or unix:path")
      ->capture_default_str();
  echo->add_option("--tls-cert", options.cert, "PEM file; turns TLS on");
  echo->add_option("--tls-key", options.key, "PEM file");
  echo->add_option("--tls-client-ca", options.client_ca,
                   "PEM file; clients must show a certificate of it");
  return echo;
}

CLI::App* AddHttp(CLI::App& app, LoadArguments& arguments) {
  CLI::App* http = app.add_subcommand(
      "http", "Load a webhook over HTTP, with signed bodies if asked to");
  AddHttpOptions(*http, arguments);
  return http;
}

CLI::App* AddHttpKey(CLI::App& app, std::string& path) {
  CLI::App* key = app.add_subcommand(
      "http-key",
      "Make a key that signs bodies, and print the public key for `webhooks` "
      "of the server's configuration");
  key->add_option("FILE", path, "Where the private key goes; must not exist")
      ->required();
  return key;
}

CLI::App* AddSuite(CLI::App& app, SuiteArguments& arguments) {
  SuiteOptions& options = arguments.options;
  CLI::App* suite = app.add_subcommand(
      "suite", "Measure a server against its goals, in interleaved rounds");
  suite->footer(Explain(kSuiteColumns));
  suite
      ->add_option("--server-binary", options.server_binary,
                   "segrid-server [beside this tool]")
      ->type_name("FILE");
  suite->add_option("--rounds", options.rounds, "Rounds; medians count")
      ->capture_default_str();
  suite
      ->add_option("--scale", options.scale,
                   "Length of everything; 1 = some 5 minutes")
      ->capture_default_str();
  suite->add_option("--body", arguments.bodies,
                    "Webhook bodies whose events are sent [generated]");
  suite
      ->add_option("--memory-duration", arguments.memory_duration,
                   "Length of the memory measurement")
      ->capture_default_str();
  suite
      ->add_option("--node", options.node_script,
                   "The transform in Node, a baseline")
      ->type_name("FILE");
  suite
      ->add_option("--node-body", options.node_body,
                   "The webhook body that it transforms")
      ->type_name("FILE");
  suite->add_option("--skip", options.skip, "Parts to leave out")
      ->check(command_line::OneOf({kSuiteParts.begin(), kSuiteParts.end()}))
      ->delimiter(',');
  suite->add_option("--json", arguments.json_path,
                    "Write the result as JSON; - = stdout");
  suite->add_flag("--strict", arguments.must_meet_goals,
                  "Exit code 1 when a goal is not met");
  return suite;
}

absl::StatusOr<Command> ToSuite(const SuiteArguments& arguments,
                                const char* self) {
  SuiteCommand command{.suite = arguments.options,
                       .json_path = arguments.json_path,
                       .must_meet_goals = arguments.must_meet_goals};
  command.suite.self_binary = self;
  SEGRID_ASSIGN_OR_RETURN(command.suite.bodies, ReadBodies(arguments.bodies));
  command.suite.body_paths = arguments.bodies;
  SEGRID_ASSIGN_OR_RETURN(
      command.suite.memory_duration,
      ToDuration("--memory-duration", arguments.memory_duration));
  SEGRID_RETURN_IF_ERROR(command.suite.Validate());
  return command;
}

absl::StatusOr<Command> ToLoad(const CLI::App& app, LoadArguments& arguments) {
  SEGRID_RETURN_IF_ERROR(CheckUse(app, arguments));
  SEGRID_RETURN_IF_ERROR(ResolveServer(app, arguments));
  return ToCommand(arguments);
}

absl::StatusOr<Command> ToCompare(const std::vector<std::string>& files,
                                  const LoadArguments& load) {
  CompareCommand command{.a = files[0], .b = files[1], .expectations = {}};
  for (const std::string& text : load.expectations) {
    SEGRID_ASSIGN_OR_RETURN(Expectation expectation,
                            ParseRatioExpectation(text));
    command.expectations.push_back(std::move(expectation));
  }
  return command;
}

}  // namespace

ParsedCommandLine ParseCommandLine(int argc, char** argv) {
  CLI::App app("Loads a Segrid server and measures it.", "segrid-bench");
  app.set_version_flag("--version",
                       "segrid-bench " + std::string(base::kVersion));
  app.footer(Footer());
  LoadArguments load;
  EchoServerOptions echo;
  SuiteArguments suite;
  std::vector<std::string> compared;
  AddLoadOptions(app, load);
  app.add_option("--compare", compared,
                 "Compare two results that --json wrote; --expect is about the "
                 "ratio B ÷ A then")
      ->expected(2)
      ->type_name("A.json B.json")
      ->group("Results");
  CLI::App* echo_app = AddEcho(app, echo);
  CLI::App* suite_app = AddSuite(app, suite);
  LoadArguments http;
  CLI::App* http_app = AddHttp(app, http);
  std::string key_path;
  CLI::App* key_app = AddHttpKey(app, key_path);

  std::vector<std::string> arguments(argv + 1, argv + argc);
  // The load is the main thing and needs no word; `rpc` says it all the same.
  if (!arguments.empty() && arguments[0] == "rpc") {
    arguments.erase(arguments.begin());
  }
  try {
    std::reverse(arguments.begin(), arguments.end());  // As CLI11 wants it.
    app.parse(arguments);
  } catch (const CLI::Success& help) {
    return {.command = std::nullopt, .exit_code = app.exit(help)};
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "%s\n", command_line::UsageError(app, error).c_str());
    return {.command = std::nullopt, .exit_code = kMisuse};
  }
  absl::StatusOr<Command> command;
  if (*echo_app) {
    command = EchoCommand{echo};
  } else if (*suite_app) {
    command = ToSuite(suite, argv[0]);
  } else if (*http_app) {
    command = ToLoad(*http_app, http);
  } else if (*key_app) {
    command = HttpKeyCommand{key_path};
  } else if (!compared.empty()) {
    command = ToCompare(compared, load);
  } else {
    command = ToLoad(app, load);
  }
  if (command.ok()) return {.command = *std::move(command), .exit_code = 0};
  std::fprintf(stderr, "segrid-bench: %s; see '%s --help'\n",
               std::string(command.status().message()).c_str(),
               command_line::NameOfCommand(app).c_str());
  return {.command = std::nullopt, .exit_code = kMisuse};
}

}  // namespace segrid::bench
