// What `segrid-bench` was asked to do.

#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bench/echo/echo_server.h"
#include "bench/load/run.h"
#include "bench/report/expect.h"
#include "bench/suite/suite.h"

namespace segrid::bench {

// Where results go, and what is expected of them.
struct ReportOptions {
  std::string json_path;  // "-" = standard output, "" = none.
  std::string html_path;  // Likewise.
  std::vector<Expectation> expectations;
  bool show_progress = false;
};

struct RpcCommand {
  RunOptions run;
  ReportOptions report;
};

// Makes a key that signs webhook bodies.
struct HttpKeyCommand {
  std::string path;
};

struct CompareCommand {
  std::string a;
  std::string b;
  std::vector<Expectation> expectations;  // About b / a.
};

struct EchoCommand {
  EchoServerOptions options;
};

struct SuiteCommand {
  SuiteOptions suite;
  std::string json_path;
  bool must_meet_goals = false;  // A goal not met is exit code 1.
};

using Command = std::variant<RpcCommand, CompareCommand, EchoCommand,
                             HttpKeyCommand, SuiteCommand>;

struct ParsedCommandLine {
  std::optional<Command> command;
  int exit_code = 0;  // When there is no command: 0 after --help, 2 for misuse.
};

// Prints help, version or what is wrong with the arguments by itself. Reads the
// files that --body names.
ParsedCommandLine ParseCommandLine(int argc, char** argv);

}  // namespace segrid::bench
