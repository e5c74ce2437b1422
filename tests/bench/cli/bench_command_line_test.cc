#include <string>
#include <variant>
#include <vector>

#include "bench/cli/command_line.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ParsedCommandLine Parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "segrid-bench");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  return ParseCommandLine(static_cast<int>(argv.size()), argv.data());
}

RpcCommand Rpc(const std::vector<std::string>& arguments) {
  ParsedCommandLine parsed = Parse(arguments);
  EXPECT_TRUE(parsed.command.has_value());
  return parsed.command ? std::get<RpcCommand>(*parsed.command) : RpcCommand();
}

TEST(BenchCommandLine, LoadsWithOrWithoutTheWord) {
  EXPECT_EQ(Rpc({"--server", "a:1"}).run.target.address, "a:1");
  EXPECT_EQ(Rpc({"rpc", "--server", "a:1"}).run.target.address, "a:1");
}

TEST(BenchCommandLine, ReadsALoad) {
  const tests::ScratchDir directory;
  const std::string body = directory.Write("body.json", "[{}]");
  const RpcCommand command = Rpc({"--server",      "a:1",
                                  "--method",      "transform-stream",
                                  "--input",       "typed",
                                  "--output",      "tracks",
                                  "--batch",       "7",
                                  "--connections", "3",
                                  "--streams",     "2",
                                  "--rate",        "1000,2000,4000",
                                  "--step",        "10s",
                                  "--warmup",      "2s",
                                  "--timeout",     "500ms",
                                  "--body",        body,
                                  "--expect",      "p99<20ms",
                                  "--expect",      "errors=0",
                                  "--metadata",    "authorization:Bearer a:b",
                                  "--json",        "x.json"});
  const RunOptions& run = command.run;
  EXPECT_EQ(run.payload.method, Method::kTransformStream);
  EXPECT_EQ(run.payload.input, Input::kTyped);
  EXPECT_EQ(run.payload.output, Output::kTracks);
  EXPECT_EQ(run.payload.batch, 7);
  EXPECT_THAT(run.payload.bodies, ElementsAre("[{}]"));
  EXPECT_EQ(Rpc({"--server", "a:1", "--seed", "9"}).run.payload.seed, 9U);
  EXPECT_EQ(run.connections, 3);
  EXPECT_EQ(run.streams, 2);
  EXPECT_THAT(run.rates, ElementsAre(1000, 2000, 4000));
  EXPECT_EQ(run.duration, absl::Seconds(30));
  EXPECT_EQ(run.warmup, absl::Seconds(2));
  EXPECT_EQ(run.timeout, absl::Milliseconds(500));
  EXPECT_THAT(run.metadata, ElementsAre(std::pair<std::string, std::string>(
                                "authorization", "Bearer a:b")));
  EXPECT_EQ(command.report.json_path, "x.json");
  EXPECT_EQ(command.report.expectations.size(), 2U);
}

TEST(BenchCommandLine, ReadsAWebhookLoad) {
  const RpcCommand command =
      Rpc({"http", "--url", "http://127.0.0.1:8080/v1/webhook", "--sign-key",
           "key.pem", "--header", "Authorization:Bearer x", "--batch", "50",
           "--connections", "8", "--rate", "100", "--duration", "3s",
           "--expect", "p99<20ms", "--html", "x.html"});
  EXPECT_EQ(command.run.payload.method, Method::kWebhook);
  EXPECT_EQ(command.run.payload.batch, 50);
  EXPECT_EQ(command.run.target.address, "127.0.0.1:8080");
  EXPECT_EQ(command.run.target.path, "/v1/webhook");
  EXPECT_FALSE(command.run.target.tls);
  EXPECT_EQ(command.run.sign_key, "key.pem");
  EXPECT_EQ(command.run.connections, 8);
  EXPECT_THAT(command.run.rates, ElementsAre(100));
  EXPECT_THAT(command.run.metadata,
              ElementsAre(std::pair<std::string, std::string>("Authorization",
                                                              "Bearer x")));
  EXPECT_EQ(command.report.html_path, "x.html");
  EXPECT_EQ(command.report.expectations.size(), 1U);
}

TEST(BenchCommandLine, ReachesAServerAsTheOtherProgramsDo) {
  const RpcCommand command =
      Rpc({"--server", "a:1", "--tls-ca", "ca.pem", "--tls-cert", "c.pem",
           "--tls-key", "k.pem", "--tls-server-name", "b", "--token", "t"});
  const Target& target = command.run.target;
  EXPECT_TRUE(target.tls);
  EXPECT_EQ(target.files.ca, "ca.pem");
  EXPECT_EQ(target.files.cert, "c.pem");
  EXPECT_EQ(target.files.key, "k.pem");
  EXPECT_EQ(target.server_name, "b");
  EXPECT_THAT(command.run.metadata,
              ElementsAre(std::pair<std::string, std::string>("authorization",
                                                              "Bearer t")));
}

TEST(BenchCommandLine, ReadsTheOtherCommands) {
  const auto compare =
      Parse({"--compare", "a.json", "b.json", "--expect", "p99<1.1"});
  ASSERT_TRUE(compare.command.has_value());
  EXPECT_EQ(std::get<CompareCommand>(*compare.command).b, "b.json");
  EXPECT_EQ(std::get<CompareCommand>(*compare.command).expectations.size(), 1U);
  const auto echo = Parse({"echo-server", "--listen", "127.0.0.1:0"});
  ASSERT_TRUE(echo.command.has_value());
  EXPECT_EQ(std::get<EchoCommand>(*echo.command).options.listen, "127.0.0.1:0");
  const auto suite = Parse({"suite", "--rounds", "3", "--scale", "0.5"});
  ASSERT_TRUE(suite.command.has_value());
  EXPECT_EQ(std::get<SuiteCommand>(*suite.command).suite.rounds, 3);
}

TEST(BenchCommandLine, SaysWhatIsWrongAndEndsWithTwo) {
  struct Case {
    std::vector<std::string> arguments;
    const char* why;
  };
  const std::vector<Case> cases = {
      {{}, "--server"},
      {{"--server", "a:1", "--method", "nothing"}, "--method"},
      {{"--server", "a:1", "--duration", "10"}, "--duration"},
      {{"--server", "a:1", "--step", "1s"}, "--step"},
      {{"--server", "a:1", "--ca", "x"}, "did you mean '--tls-ca'?"},
      {{"--server", "a:1", "--tls-cert", "x"}, "--tls-cert needs --tls-key"},
      {{"--server", "a:1", "--token", "x"}, "needs tls"},
      {{"--server", "a:1", "--profile", "x"}, "there is no profile 'x'"},
      {{"--server", "a:1", "--metadata", "novalue"}, "--metadata"},
      {{"--server", "a:1", "--body", "/nonexistent"}, "/nonexistent"},
      {{"--server", "a:1", "--expect", "p98<1ms"}, "p98"},
      {{"--server", "a:1", "--connections", "0"}, "--connections: must be"},
      {{"--server", "a:1", "--connections", "1001"}, "1 to 1000"},
      {{"--server", "nonsense"}, "host:port"},
      {{"--server", "a:99999"}, "--server"},
      {{"--server", "a:1", "--seed", "-1"}, "--seed: must be"},
      {{"--server", "a:1", "--metadata", "A:b"}, "--metadata: is not KEY:"},
      {{"--server", "a:1", "--metadata", "a:b\n"}, "--metadata: is not KEY:"},
      {{"http", "--url", "http://a/", "--header", "A B:c"}, "--header: is not"},
      {{"http", "--url", "127.0.0.1:80"}, "must be http://host"},
      {{"suite", "--skip", "rcp"}, "did you mean 'rpc'?"},
      {{"--server", "a:1", "--batch", "0"}, "--batch: must be a number of 1"},
      {{"--server", "a:1", "--batch", "-3"}, "--batch: must be a number of 1"},
      {{"--server", "a:1", "--batch", "1.5"}, "--batch"},
      {{"--server", "a:1", "--streams", "0"}, "--streams: must be"},
      {{"--server", "a:1", "--threads", "0"}, "--threads: must be"},
      {{"--server", "a:1", "--concurrency", "0"}, "--concurrency: must be"},
      {{"--server", "a:1", "--count", "0"}, "--count: must be"},
      {{"--server", "a:1", "--rate", "0"}, "rate is 0"},
      {{"--server", "a:1", "--rate", "-1"}, "rate is -1"},
      {{"--server", "a:1", "--rate", "nan"}, "rate is nan"},
      {{"--server", "a:1", "--duration", "-1s"}, "--duration"},
      {{"--server", "a:1", "--duration", "0s"}, "duration is 0"},
      {{"--server", "a:1", "--duration", "inf"}, "--duration"},
      {{"--server", "a:1", "--warmup", "-1s"}, "--warmup"},
      {{"--server", "a:1", "--timeout", "0s"}, "timeout is 0"},
      {{"--server", "a:1", "--connect-timeout", "0s"}, "connect timeout is 0"},
      {{"--server", "a:1", "--rate", "5", "--step", "0s"}, "--step"},
      {{"--server", "a:1", "--server-pid", "0"}, "--server-pid: must be"},
      {{"--server", "a:1", "--server-pid", "4194303"}, "there is no process"},
      {{"--server", "a:1", "--source", "a", "--method", "forward"},
       "--source: is for a method that transforms"},
      {{"--server", "a:1", "--sources", "a"}, "--sources: is for a method"},
      {{"--server", "a:1", "--streams", "2"}, "--streams: is for a method of"},
      {{"--server", "a:1", "--answer-bytes", "2"}, "--answer-bytes: is for"},
      {{"--server", "a:1", "--keep-ids"}, "--keep-ids: is for"},
      {{"--server", "a:1", "--count", "5", "--duration", "1s"}, "--duration"},
      {{"--nothing"}, "--nothing"},
      {{"http"}, "--url"},
      {{"http", "--url", "nothing"}, "--url"},
      {{"http", "--url", "http://a/", "--tls-ca", "x"}, "--url"},
      {{"http", "--url", "http://a/", "--header", "x"}, "--header"},
      {{"http-key"}, "FILE"},
      {{"suite", "--rounds", "0"}, "rounds"},
      {{"--compare", "a", "b", "--expect", "p99<20ms"}, "p99<20ms"},
  };
  for (const Case& row : cases) {
    ::testing::internal::CaptureStderr();
    const ParsedCommandLine parsed = Parse(row.arguments);
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_FALSE(parsed.command.has_value()) << row.why;
    EXPECT_EQ(parsed.exit_code, 2) << row.why;
    EXPECT_THAT(said, HasSubstr(row.why));
  }
}

TEST(BenchCommandLine, HelpsAndTellsItsVersion) {
  for (const char* option : {"--help", "--version"}) {
    ::testing::internal::CaptureStdout();
    const ParsedCommandLine parsed = Parse({option});
    EXPECT_FALSE(::testing::internal::GetCapturedStdout().empty());
    EXPECT_FALSE(parsed.command.has_value());
    EXPECT_EQ(parsed.exit_code, 0);
  }
}

}  // namespace
}  // namespace segrid::bench
