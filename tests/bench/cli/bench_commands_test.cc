#include <fstream>
#include <sstream>
#include <string>

#include "bench/cli/commands.h"
#include "core/crypto/webhook_signer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/bench/load/counting_bridge.h"
#include "tests/client/fake_server.h"
#include "tests/client/scratch_dir.h"

namespace segrid::bench {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

struct Outcome {
  int exit_code;
  std::string out;
  std::string err;
};

template <typename Command>
Outcome Do(const Command& command) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int exit_code = Execute(command);
  return {exit_code, ::testing::internal::GetCapturedStdout(),
          ::testing::internal::GetCapturedStderr()};
}

RpcCommand Load(const tests::FakeServer& server) {
  RpcCommand command;
  command.run.target.address = server.address();
  command.run.payload.input = Input::kTyped;
  command.run.payload.batch = 2;
  command.run.warmup = absl::ZeroDuration();
  command.run.count = 100;
  return command;
}

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(BenchCommands, MeasureAndWriteAllForms) {
  CountingBridge bridge;
  const tests::FakeServer server(bridge);
  const tests::ScratchDir directory;
  RpcCommand command = Load(server);
  command.report.json_path = directory.Path("run.json");
  command.report.html_path = directory.Path("run.html");
  command.report.expectations = {*ParseExpectation("errors=0")};
  const Outcome outcome = Do(command);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, ContainsRegex("OK +100 +100 %"));
  EXPECT_THAT(outcome.out, HasSubstr("met      errors=0"));
  EXPECT_THAT(Contents(command.report.json_path),
              HasSubstr("segrid-bench/run/1"));
  EXPECT_THAT(Contents(command.report.html_path), HasSubstr("<svg"));

  CompareCommand compare;
  compare.a = compare.b = command.report.json_path;
  compare.expectations = {*ParseRatioExpectation("p99<=1")};
  const Outcome compared = Do(compare);
  EXPECT_EQ(compared.exit_code, 0) << compared.err;
  EXPECT_THAT(compared.out, ContainsRegex("p99 .*1\\.000 +equal"));
}

TEST(BenchCommands, FailWhenAConditionDoesNotHold) {
  CountingBridge bridge;
  bridge.fail_every = 10;
  const tests::FakeServer server(bridge);
  RpcCommand command = Load(server);
  EXPECT_EQ(Do(command).exit_code, 0) << "errors alone are a finding";
  command.report.expectations = {*ParseExpectation("errors=0")};
  const Outcome outcome = Do(command);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("NOT MET  errors=0, found 10"));
}

TEST(BenchCommands, FailWhenNothingSucceededOrAnAnswerWasWrong) {
  CountingBridge failing;
  failing.fail_every = 1;
  const tests::FakeServer failing_server(failing);
  const Outcome failed = Do(Load(failing_server));
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err,
              HasSubstr("no call of 100 succeeded (RESOURCE_EXHAUSTED"));
  EXPECT_EQ(failed.out, "") << "no page of zeros";

  RpcCommand too_many = Load(failing_server);
  too_many.run.payload.batch = 10'001;
  too_many.run.count = 1;
  EXPECT_THAT(Do(too_many).err,
              HasSubstr("--batch 10001 is over the 10000 events"));

  CountingBridge lying;
  lying.lie = 1;
  const tests::FakeServer lying_server(lying);
  const Outcome lied = Do(Load(lying_server));
  EXPECT_EQ(lied.exit_code, 1);
  EXPECT_THAT(lied.err, HasSubstr("wrong answers"));
}

TEST(BenchCommands, KeepStandardOutputCleanForMachines) {
  CountingBridge bridge;
  const tests::FakeServer server(bridge);
  RpcCommand command = Load(server);
  command.report.json_path = "-";
  const Outcome outcome = Do(command);
  EXPECT_EQ(outcome.out.front(), '{');
  EXPECT_EQ(outcome.out.substr(outcome.out.size() - 2), "}\n");
}

TEST(BenchCommands, MakeAKeyOnce) {
  const tests::ScratchDir directory;
  const HttpKeyCommand command{directory.Path("key.pem")};
  const Outcome made = Do(command);
  EXPECT_EQ(made.exit_code, 0) << made.err;
  const auto key = crypto::WebhookSigner::Load(command.path);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(made.out, key->PublicKey() + "\n");
  const Outcome again = Do(command);
  EXPECT_EQ(again.exit_code, 1) << "a key is never written over";
  EXPECT_THAT(again.err, HasSubstr(command.path));
}

TEST(BenchCommands, SayThatTheServerIsNotThere) {
  RpcCommand command;
  command.run.target.address = "unix:/nonexistent/socket";
  command.run.connect_timeout = absl::Milliseconds(50);
  const Outcome outcome = Do(command);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("no connection to unix:/nonexistent"));
}

}  // namespace
}  // namespace segrid::bench
