#include "server/app/command_line.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/app/exit_code.h"

namespace segrid::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Command = CommandLine::Command;

ParsedCommandLine Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "segrid-server");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

// What it printed to standard output and standard error.
struct Printed {
  ParsedCommandLine parsed;
  std::string out;
  std::string err;
};

Printed ParseAndCapture(std::vector<const char*> arguments) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Printed printed;
  printed.parsed = Parse(std::move(arguments));
  printed.out = ::testing::internal::GetCapturedStdout();
  printed.err = ::testing::internal::GetCapturedStderr();
  return printed;
}

TEST(CommandLine, ServesWithoutAnything) {
  const ParsedCommandLine parsed = Parse({});
  EXPECT_FALSE(parsed.exit.has_value());
  EXPECT_EQ(parsed.line.command, Command::kServe);
  EXPECT_EQ(parsed.line.config_file, "");
}

TEST(CommandLine, HasOptionsForTheServer) {
  const ParsedCommandLine parsed =
      Parse({"--config", "c.yaml", "--listen", "127.0.0.1:0", "--listen",
             "unix:/tmp/s", "--data-dir=d", "--port-file", "p"});
  ASSERT_FALSE(parsed.exit.has_value());
  EXPECT_EQ(parsed.line.config_file, "c.yaml");
  EXPECT_THAT(parsed.line.listen, ElementsAre("127.0.0.1:0", "unix:/tmp/s"));
  EXPECT_EQ(parsed.line.data_dir, "d");
  EXPECT_EQ(parsed.line.port_file, "p");
}

TEST(CommandLine, HasCommandsWithTheConfigOnEitherSide) {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"validate", "--config", "c.yaml"},
        std::vector<const char*>{"--config", "c.yaml", "validate"}}) {
    const ParsedCommandLine parsed = Parse(arguments);
    EXPECT_EQ(parsed.line.command, Command::kValidate);
    EXPECT_EQ(parsed.line.config_file, "c.yaml");
  }
  const ParsedCommandLine show =
      Parse({"config", "show", "--effective", "--config", "c.yaml"});
  EXPECT_EQ(show.line.command, Command::kShowConfig);
  EXPECT_EQ(show.line.config_file, "c.yaml");
}

TEST(CommandLine, PrintsHelpWithTheExitCodes) {
  const Printed printed = ParseAndCapture({"--help"});
  EXPECT_EQ(printed.parsed.exit, kExitOk);
  EXPECT_THAT(printed.out, HasSubstr("Exit codes:"));
  EXPECT_THAT(printed.out, HasSubstr("validate"));
  EXPECT_THAT(printed.out, HasSubstr("SIGHUP"));
  EXPECT_THAT(printed.out, HasSubstr("from the webhook and over gRPC"));
  EXPECT_EQ(printed.err, "");
}

TEST(CommandLine, PrintsTheVersion) {
  const Printed printed = ParseAndCapture({"--version"});
  EXPECT_EQ(printed.parsed.exit, kExitOk);
  EXPECT_EQ(printed.out, "segrid-server 0.1.0\n");
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"--unknown"},
        std::vector<const char*>{"unknown"},
        std::vector<const char*>{"--config"},
        std::vector<const char*>{"config"},
        std::vector<const char*>{"--listen", "no port"}}) {
    const Printed printed = ParseAndCapture(arguments);
    EXPECT_EQ(printed.parsed.exit, kExitUsage) << arguments.front();
    EXPECT_NE(printed.err, "");
    EXPECT_EQ(printed.out, "");
  }
}

TEST(CommandLine, OverridesTheConfiguration) {
  config::Config config;
  ApplyOverrides({}, config);
  EXPECT_EQ(config, config::Config());
  CommandLine line;
  line.listen = {"127.0.0.1:1"};
  line.data_dir = "elsewhere";
  ApplyOverrides(line, config);
  EXPECT_THAT(config.grpc.listen, ElementsAre("127.0.0.1:1"));
  EXPECT_EQ(config.data_dir, "elsewhere");
}

}  // namespace
}  // namespace segrid::app
