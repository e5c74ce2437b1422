// What `segrid` says about itself and about wrong command lines.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/version.h"
#include "tests/client/cli/program.h"

namespace segrid {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::Lines;
using tests::Ran;
using tests::RunSegrid;
using Words = std::vector<std::string>;

const std::vector<Words> kCommands = {{"transform"},
                                      {"forward"},
                                      {"status"},
                                      {"sources"},
                                      {"pause"},
                                      {"resume"},
                                      {"dead-letters"},
                                      {"dead-letters", "list"},
                                      {"dead-letters", "show"},
                                      {"dead-letters", "export"},
                                      {"dead-letters", "replay"},
                                      {"dead-letters", "purge"},
                                      {"healthcheck"},
                                      {"webhook-key"},
                                      {"webhook-key", "check"}};

TEST(Segrid, PrintsItsVersion) {
  const Ran ran = RunSegrid({"--version"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "segrid " + std::string(base::kVersion) + "\n");
  EXPECT_THAT(ran.err, IsEmpty());
}

TEST(Segrid, HelpsWithEachCommand) {
  const std::string all = RunSegrid({"--help"}).out;
  EXPECT_THAT(all, HasSubstr("Exit codes"));
  for (Words words : kCommands) {
    EXPECT_THAT(all, HasSubstr("  " + words[0] + " "));
    words.push_back("--help");
    const Ran ran = RunSegrid(words);
    EXPECT_EQ(ran.code, 0) << words[0];
    EXPECT_THAT(ran.out, HasSubstr("Usage: segrid " + words[0]));
    EXPECT_THAT(ran.err, IsEmpty());
  }
}

TEST(Segrid, GivesJsonEverywhere) {
  std::vector<Words> commands = kCommands;
  for (const char* more : {"explain", "backfill", "tail", "top", "dry-run"}) {
    commands.push_back({more});
  }
  for (Words words : commands) {
    if (words == Words{"dead-letters"} || words == Words{"webhook-key"}) {
      continue;  // Groups.
    }
    words.push_back("--help");
    EXPECT_THAT(RunSegrid(words).out, HasSubstr(" --json ")) << words[0];
  }
}

TEST(Segrid, FailsWhenItCannotWriteWhatItHelpsWith) {
  for (const char* flag : {"--help", "--version"}) {
    const Ran ran = RunSegrid({flag}, {.output_file = "/dev/full"});
    EXPECT_EQ(ran.code, 1) << flag;
    EXPECT_EQ(ran.err, "segrid: cannot write the output\n");
  }
}

TEST(Segrid, EndsWithTwoAndOneLineOnAWrongCommandLine) {
  const struct {
    Words words;
    const char* says;
  } kCases[] = {
      {{}, "a command is missing: transform, "},
      {{"bogus"}, "'bogus' is no command of 'segrid'; known are: transform, "},
      {{"dead-letters"}, "see 'segrid dead-letters --help'"},
      {{"dead-letters", "bogus"}, "'bogus' is no command of 'segrid dead-l"},
      {{"dead-letters", "export"}, "--source is required"},
      {{"dead-letters", "list", "--source", "a", "--since", "today"},
       "--since: must be a time such as 2026"},
      {{"dead-letters", "show", "--source", "a"}, "ID is required"},
      {{"dead-letters", "show", "--source", "a", "x"}, "x"},
      {{"pause"}, "SOURCE is required"},
      {{"transform", "--bogus"}, "--bogus"},
      {{"transform", "a.json", "b.json"}, "b.json"},
      {{"transform", "--format", "yaml"}, "is not one of tracks, outcomes, batch"},
      {{"transform", "--max-body", "0B"}, "must be 1B to 1GiB"},
      {{"transform", "--max-body", "4"}, "has no unit"},
      {{"transform", "--typed"}, "--typed: needs --server"},
      {{"transform", "--source", "a"}, "--source: needs --config"},
      {{"transform", "--config", "a"}, "--config: needs --source"},
      {{"transform", "--config", "a", "--server", "b"},
       "--config: is not for --server"},
      {{"forward", "--timeout", "10"}, "--timeout: has no unit"},
      {{"forward", "--timeout", "25h"}, "must be 1ms to 24h"},
      {{"status", "--tls-cert", "a"}, "--tls-cert needs --tls-key"},
      {{"explain", "--index", "-1"}, "--index: must be a number, 0 or more;"},
      {{"top", "--count", "many"}, "--count: must be a number, 0 or more;"},
  };
  for (const auto& test : kCases) {
    const Ran ran = RunSegrid(test.words);
    EXPECT_EQ(ran.code, 2) << test.says;
    EXPECT_THAT(ran.out, IsEmpty());
    EXPECT_THAT(Lines(ran.err), SizeIs(1));
    EXPECT_THAT(ran.err, HasSubstr(test.says));
  }
}

TEST(Segrid, SaysInOneLineThatThereIsNoServer) {
  const std::string nobody = "unix:/nonexistent/segrid.sock";
  for (Words words : kCommands) {
    if (words[0] == "dead-letters" && words.size() == 1) continue;
    if (words[0] == "webhook-key") continue;  // Asks no server.
    if (words[0] == "dead-letters")
      words.insert(words.end(), {"--source", "a"});
    if (words.size() > 1 && words[1] == "show") words.push_back("1");
    if (words[0] == "pause" || words[0] == "resume") words.push_back("a");
    words.insert(words.end(), {"--server", nobody});
    const Ran ran = RunSegrid(words, {.input = "[]"});
    EXPECT_EQ(ran.code, 1) << words[0];
    EXPECT_THAT(ran.out, IsEmpty());
    EXPECT_THAT(Lines(ran.err), SizeIs(1));
    EXPECT_THAT(ran.err, HasSubstr("cannot connect to " + nobody));
  }
}

TEST(Segrid, TakesTheServerFromTheEnvironment) {
  const Ran ran = RunSegrid(
      {"status"}, {.variables = {{"SEGRID_SERVER", "unix:/nonexistent/env"}}});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("unix:/nonexistent/env"));
}

// `transform` runs here unless it is told otherwise on the command line.
TEST(Segrid, TransformsHereWhateverTheEnvironmentSays) {
  const Ran ran =
      RunSegrid({"transform"},
                {.input = "[]",
                 .variables = {{"SEGRID_SERVER", "unix:/nonexistent/env"}}});
  EXPECT_EQ(ran.code, 0) << ran.err;
}

}  // namespace
}  // namespace segrid
