// The real program: commands, signals, exit codes, times.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"
#include "segrid/v1/admin.grpc.pb.h"
#include "segrid/v1/bridge.grpc.pb.h"
#include "tests/client/scratch_dir.h"
#include "tests/server/app/server_process.h"

namespace segrid::app {
namespace {

namespace api = ::segrid::v1;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

class ProgramTest : public ::testing::Test {
 protected:
  std::string directory() const { return dir_.Path(""); }

  // Arguments for a server on a free port with `yaml` as its configuration;
  // without one, with its defaults.
  std::vector<std::string> ServerArguments(const std::string& yaml) const {
    std::vector<std::string> arguments = {"--listen", "127.0.0.1:0",
                                          "--port-file", "port"};
    if (!yaml.empty()) {
      dir_.Write("config.yaml", yaml);
      arguments.insert(arguments.end(), {"--config", "config.yaml"});
    }
    return arguments;
  }

  // Once the server serves.
  std::shared_ptr<grpc::Channel> Connect() const {
    std::string port = ReadFile(dir_.Path("port"));
    EXPECT_FALSE(port.empty());
    port.pop_back();
    return grpc::CreateChannel("127.0.0.1:" + port,
                               grpc::InsecureChannelCredentials());
  }

  // Forwards `count` events; the number of accepted ones.
  int Forward(int count) const {
    std::string body = "[";
    for (int i = 0; i < count; ++i) {
      if (i > 0) body.append(",");
      body.append(R"({"event":"open","email":"canary@example.com",)");
      body.append(R"("timestamp":1700000000,"sg_event_id":"e)");
      body.append(std::to_string(i)).append("\"}");
    }
    api::ForwardRequest request;
    request.set_webhook_json(body + "]");
    grpc::ClientContext context;
    api::ForwardResponse response;
    const grpc::Status status = api::BridgeService::NewStub(Connect())->Forward(
        &context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.accepted_count();
  }

  std::size_t DeliveredLines() const {
    const std::string lines = ReadFile(dir_.Path("segrid-data/tracks.ndjson"));
    return static_cast<std::size_t>(
        std::count(lines.begin(), lines.end(), '\n'));
  }

  const tests::ScratchDir dir_;
};

TEST_F(ProgramTest, StopsOnSigtermWithEverythingDelivered) {
  ServerProcess server(directory(), ServerArguments(""));
  ASSERT_TRUE(server.ReadUntil("\"message\":\"serving\"")) << server.errors();
  EXPECT_THAT(server.errors(),
              HasSubstr("default -> ./segrid-data/tracks.ndjson"));
  ASSERT_TRUE(server.ReadUntil("\"message\":\"ready\""));
  ASSERT_EQ(Forward(1'000), 1'000);
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0) << server.errors();
  EXPECT_LT(server.lifetime(), absl::Seconds(10));
  EXPECT_EQ(DeliveredLines(), 1'000u);
}

TEST_F(ProgramTest, StopsWhenAskedThroughTheAdminService) {
  ServerProcess server(directory(), ServerArguments(""));
  ASSERT_TRUE(server.ReadUntil("\"message\":\"ready\""));
  grpc::ClientContext context;
  api::DrainResponse response;
  EXPECT_TRUE(api::AdminService::NewStub(Connect())
                  ->Drain(&context, {}, &response)
                  .ok());
  EXPECT_EQ(server.Wait(), 0);
}

TEST_F(ProgramTest, ExitsAtOnceOnASecondInterrupt) {
  ServerProcess server(directory(), ServerArguments("drain: {delay: 60s}\n"));
  ASSERT_TRUE(server.ReadUntil("\"message\":\"ready\""));
  server.Signal(SIGINT);
  ASSERT_TRUE(server.ReadUntil("draining"));
  server.Signal(SIGINT);
  EXPECT_EQ(server.Wait(), 130);
  EXPECT_LT(server.lifetime(), absl::Seconds(30));
}

TEST_F(ProgramTest, ExitsInTimeThoughNobodyReadsItsLog) {
  ServerProcess server(directory(), ServerArguments("drain: {grace: 300ms}\n"));
  ASSERT_TRUE(server.ReadUntil("\"message\":\"ready\"")) << server.errors();
  server.FillErrors();
  const absl::Time start = absl::Now();
  server.Signal(SIGTERM);
  EXPECT_EQ(server.WaitWithoutReading(), 0);
  EXPECT_LT(absl::Now() - start, absl::Seconds(3));
}

TEST_F(ProgramTest, ReloadsOnSighupAndKeepsTheOldConfigurationOnErrors) {
  ServerProcess server(directory(),
                       ServerArguments("logging: {level: info}\n"
                                       "reload: {interval: 0s}\n"));
  ASSERT_TRUE(server.ReadUntil("\"message\":\"ready\""));
  dir_.Write("config.yaml", "logging: {level: loud}\n");
  server.Signal(SIGHUP);
  ASSERT_TRUE(server.ReadUntil("was not reloaded"));
  EXPECT_THAT(server.errors(), HasSubstr("config.yaml:1:18: logging.level"));
  EXPECT_EQ(Forward(3), 3);
  dir_.Write("config.yaml",
             "logging: {level: warning}\ndata_dir: other\n"
             "reload: {interval: 0s}\n"
             "grpc: {tokens: [{sha256: " +
                 std::string(64, '0') + ", roles: [admin]}]}\n");
  server.Signal(SIGHUP);
  // Nobody knows that token.
  const auto bridge = api::BridgeService::NewStub(Connect());
  const absl::Time end = absl::Now() + absl::Seconds(10);
  grpc::Status answer;
  while (answer.ok() && absl::Now() < end) {
    grpc::ClientContext context;
    api::TransformRequest request;
    request.set_webhook_json("[]");
    api::TransformResponse response;
    answer = bridge->Transform(&context, request, &response);
  }
  EXPECT_EQ(answer.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  // Info lines are gone, so is the one about this very reload.
  EXPECT_THAT(server.errors(), Not(HasSubstr("draining")));
}

TEST_F(ProgramTest, HearsSignalsWhileItsFileDoesNotAnswer) {
  ServerProcess server(directory(),
                       ServerArguments("reload: {interval: 0s}\n"));
  ASSERT_TRUE(server.ReadUntil("\"message\":\"ready\""));
  const std::string file = dir_.Path("config.yaml");
  ASSERT_EQ(::unlink(file.c_str()), 0);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  server.Signal(SIGHUP);
  // Until the server reads it, nobody can open a pipe for writing only.
  const absl::Time end = absl::Now() + absl::Seconds(10);
  int writer = -1;
  while (writer < 0 && absl::Now() < end) {
    writer = ::open(file.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  }
  ASSERT_GE(writer, 0);
  EXPECT_EQ(Forward(3), 3);
  server.Signal(SIGTERM);
  ASSERT_TRUE(server.ReadUntil("draining"));
  ::close(writer);
  EXPECT_EQ(server.Wait(), 0) << server.errors();
}

TEST_F(ProgramTest, DoesNotWaitForAPipeAsItsFile) {
  ASSERT_EQ(::mkfifo(dir_.Path("pipe").c_str(), 0600), 0);
  const CommandOutput output =
      RunCommand(directory(), {"validate", "--config", "pipe"});
  EXPECT_EQ(output.exit, 3);
  EXPECT_THAT(output.err, HasSubstr("'pipe' cannot be read: it is no regular"));
}

TEST_F(ProgramTest, LooksItselfWhetherItsFileChanged) {
  ServerProcess server(directory(),
                       ServerArguments("reload: {interval: 1ms}\n"));
  ASSERT_TRUE(server.ReadUntil("\"message\":\"ready\""));
  dir_.Write("config.yaml", "reload: {interval: 1ms}\ndrain: {grace: 1s}\n");
  ASSERT_TRUE(server.ReadUntil("configuration reloaded"));
  EXPECT_THAT(server.errors(), HasSubstr("\"changed\":\"drain.grace\""));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
}

TEST_F(ProgramTest, SaysWhatWasLostAndNothingPersonal) {
  ServerProcess server(
      directory(),
      ServerArguments("drain: {grace: 300ms}\n"
                      "logging: {level: debug}\n"
                      "queue: {store: memory}\n"
                      "sources:\n"
                      "  - name: a\n"
                      "    write_key: canaryCanaryCanaryCanaryCanary12\n"
                      "    endpoint: https://127.0.0.1:1\n"));
  ASSERT_TRUE(server.ReadUntil("\"message\":\"ready\"")) << server.errors();
  EXPECT_EQ(Forward(3), 3);
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0) << server.errors();
  EXPECT_THAT(server.errors(), HasSubstr("\"pending\":3"));
  EXPECT_THAT(server.errors(), Not(HasSubstr("canary")));
}

TEST_F(ProgramTest, SaysWhyItCannotStart) {
  ServerProcess server(directory(), ServerArguments(""));
  ASSERT_TRUE(server.ReadUntil("\"message\":\"ready\""));
  std::string port = ReadFile(dir_.Path("port"));
  port.pop_back();
  const CommandOutput taken = RunCommand(
      directory(), {"--listen", "127.0.0.1:" + port, "--data-dir", "other"});
  EXPECT_EQ(taken.exit, 1);
  EXPECT_THAT(taken.err, HasSubstr("cannot listen on 127.0.0.1:" + port +
                                   ": the address is in use"));
  dir_.Write("file", "");
  const CommandOutput data = RunCommand(
      directory(), {"--listen", "127.0.0.1:0", "--data-dir", "file"});
  EXPECT_EQ(data.exit, 1);
  EXPECT_THAT(data.err, HasSubstr("data_dir 'file' cannot be made"));
  const CommandOutput port_file =
      RunCommand(directory(), {"--listen", "127.0.0.1:0", "--data-dir", "d",
                               "--port-file", "no/such/dir"});
  EXPECT_EQ(port_file.exit, 1);
  EXPECT_THAT(port_file.err, HasSubstr("--port-file"));
}

TEST_F(ProgramTest, ValidatesAConfiguration) {
  dir_.Write("good.yaml",
             "sources: [{name: a, receiver: file, path: t.ndjson}]\n");
  dir_.Write("bad.yaml",
             "drain: {grace: soon}\nsources: [{name: B, receivr: file}]\n");
  const CommandOutput good =
      RunCommand(directory(), {"validate", "--config", "good.yaml"});
  EXPECT_EQ(good.exit, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("OK\n"));
  EXPECT_THAT(good.out, HasSubstr("source a -> file (t.ndjson)"));
  const CommandOutput bad =
      RunCommand(directory(), {"validate", "--config", "bad.yaml"});
  EXPECT_EQ(bad.exit, 3);
  EXPECT_EQ(bad.out, "");
  EXPECT_THAT(bad.err, HasSubstr("bad.yaml:1:"));
  EXPECT_THAT(bad.err, HasSubstr("bad.yaml:2:"));
  EXPECT_EQ(RunCommand(directory(), {"--config", "missing.yaml"}).exit, 3);
}

TEST_F(ProgramTest, ShowsTheEffectiveConfigurationWithoutSecrets) {
  dir_.Write("c.yaml",
             "sources: [{name: a, "
             "write_key: canaryCanaryCanaryCanaryCanary12}]\n");
  const CommandOutput shown =
      RunCommand(directory(), {"config", "show", "--effective", "--config",
                               "c.yaml", "--data-dir", "elsewhere"});
  EXPECT_EQ(shown.exit, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("elsewhere"));
  EXPECT_THAT(shown.out, HasSubstr("***"));
  EXPECT_THAT(shown.out, Not(HasSubstr("canary")));
}

TEST_F(ProgramTest, RefusesAnOpenPortThatTheConfigurationDoesNotAllow) {
  const CommandOutput open = RunCommand(directory(), {"--listen", "0.0.0.0:0"});
  EXPECT_EQ(open.exit, 2);
  EXPECT_THAT(open.err, HasSubstr("mTLS"));
  EXPECT_EQ(RunCommand(directory(), {"--no-such-option"}).exit, 2);
}

}  // namespace
}  // namespace segrid::app
