#include "server/app/reloader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "core/base/clock.h"
#include "core/base/error_info.h"
#include "gtest/gtest.h"
#include "tests/client/certificates.h"
#include "tests/server/testing/running_server.h"

namespace segrid::app {
namespace {

using testing::RunningServer;

// What the sources of RunningServer::DefaultConfig() look like in a file.
constexpr char kSources[] =
    "grpc: {listen: ['127.0.0.1:0']}\n"
    "admin: {listen: ['127.0.0.1:0']}\n"
    "sources:\n"
    "  - {name: first, write_key: k}\n"
    "  - {name: second, write_key: k}\n";

// Waits until the one who read the pipe has closed it.
void WaitUntilNobodyReads(const std::string& pipe) {
  for (;;) {
    const int file = ::open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return;
    ::close(file);
  }
}

class ReloaderTest : public ::testing::Test {
 protected:
  // A new pair in the files `<name>.pem` and `<name>.key`.
  config::Tls MakePair(const std::string& name) const {
    const tests::Certificate made =
        tests::MakeCertificate(authority_, "localhost");
    config::Tls tls;
    tls.cert = dir_.Write(name + ".pem", made.cert);
    tls.key = dir_.Write(name + ".key", made.key);
    return tls;
  }
  void WriteConfig(const std::string& text) const {
    dir_.Write("config.yaml", absl::StrCat(kSources, text));
  }
  void WriteConfig(const config::Tls& tls) const {
    WriteConfig(absl::StrCat("http: {listen: ['127.0.0.1:0'], tls: {cert: ",
                             tls.cert, ", key: ", tls.key, "}}\n"));
  }
  // A server with what the file says now.
  void Start(absl::Duration settle = absl::ZeroDuration()) {
    line_.config_file = dir_.Path("config.yaml");
    auto config = LoadSettings(line_, settings_.files);
    ASSERT_TRUE(config.ok()) << config.status();
    settings_.config = *config;
    settings_.file = line_.config_file;
    server_ = std::make_unique<RunningServer>(*std::move(config));
    reloader_ = std::make_unique<Reloader>(
        ReloaderDeps{line_, server_->application(), log_, supervisor_,
                     requests_, settings_, settle});
  }
  Application& application() { return server_->application(); }
  // What an operator's call gives.
  absl::StatusOr<ReloadResult> Ask(std::vector<std::string> allowed = {}) {
    absl::Notification done;
    absl::StatusOr<ReloadResult> result;
    requests_.Ask({std::move(allowed), [&](absl::StatusOr<ReloadResult> got) {
                     result = std::move(got);
                     done.Notify();
                   }});
    done.WaitForNotification();
    return result;
  }
  // Has it looked until `count` is `wanted`.
  bool Reaches(const std::atomic<std::int64_t>& count, std::int64_t wanted) {
    const absl::Time end = absl::Now() + absl::Seconds(10);
    while (count != wanted && absl::Now() < end) requests_.LookForChanges();
    return count == wanted;
  }

  const tests::Certificate authority_ = tests::MakeAuthority();
  const tests::ScratchDir dir_;
  base::SystemClock clock_;
  logging::Log log_{{.level = logging::Level::kError}, clock_};
  const Supervisor supervisor_{"", absl::ZeroDuration()};
  CommandLine line_;
  Settings settings_;
  ReloadRequests requests_;
  std::unique_ptr<RunningServer> server_;
  std::unique_ptr<Reloader> reloader_;
};

TEST_F(ReloaderTest, LooksAtTheFilesThatABadConfigurationNames) {
  WriteConfig(MakePair("first"));
  Start();
  const config::Tls second = MakePair("second");
  dir_.Write("second.key", tests::MakeAuthority().key);
  WriteConfig(second);
  EXPECT_TRUE(Reaches(application().figures().failed_reloads, 1));
  MakePair("second");
  EXPECT_TRUE(Reaches(application().figures().reloads, 1));
  EXPECT_EQ(application().certificate_files()[3], second.cert);
}

TEST_F(ReloaderTest, DoesNothingWithoutAChangeOrARequest) {
  WriteConfig("logging: {level: error}\n");
  Start();
  requests_.LookForChanges();
  requests_.Reload();
  EXPECT_TRUE(Reaches(application().figures().reloads, 1));
  EXPECT_EQ(application().figures().failed_reloads, 0);
}

// A file that was refused is compared with nothing afterwards.
TEST_F(ReloaderTest, RemembersOnlyWhatItTook) {
  const auto write = [this](const config::Tls& tls, const std::string& more) {
    WriteConfig(absl::StrCat("http: {listen: ['127.0.0.1:0'], tls: {cert: ",
                             tls.cert, ", key: ", tls.key, "}}\n", more));
  };
  const config::Tls good = MakePair("good");
  write(good, "webhooks: [{name: main}]\n");
  Start();
  // It can be read, but not be used, because the files are no pair.
  const config::Tls bad = MakePair("bad");
  dir_.Write("bad.key", tests::MakeAuthority().key);
  write(bad, absl::StrCat("webhooks: [{name: main, bearer_sha256: [",
                          std::string(64, 'a'), "]}]\n"));
  EXPECT_FALSE(Ask().ok());
  write(good, "webhooks: [{name: main}]\nlogging: {level: warning}\n");
  const auto taken = Ask();
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(application().config().logging.level, "warning");
}

TEST_F(ReloaderTest, LooksAtTheFilesThatValuesInclude) {
  const std::string level = dir_.Write("level", "error\n");
  WriteConfig(absl::StrCat("logging: {level: '${file:", level, "}'}\n"));
  Start();
  dir_.Write("level", "warning\n");
  EXPECT_TRUE(Reaches(application().figures().reloads, 1));
  EXPECT_EQ(application().config().logging.level, "warning");
}

TEST_F(ReloaderTest, TakesNothingOfAFileThatTakesProtectionAway) {
  const std::string full = "http: {listen: ['127.0.0.1:0']}\n";
  const std::string hash(64, 'a');
  WriteConfig(full + "webhooks: [{name: a, bearer_sha256: [" + hash + "]}]\n");
  Start();
  WriteConfig(full + "webhooks: [{name: a}]\ndrain: {grace: 1s}\n");
  const auto refused = Ask();
  EXPECT_EQ(base::ReasonOf(refused.status()), "REMOVAL_REFUSED");
  EXPECT_EQ(application().config().webhooks[0].bearer_sha256.size(), 1u);
  EXPECT_EQ(application().drain().grace, settings_.config.drain.grace);
  EXPECT_EQ(application().figures().failed_reloads, 1);
  // The same file by an operator who says so.
  const auto taken = Ask({"webhooks[a].bearer_sha256"});
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(taken->changed(), "webhooks[a].bearer_sha256, drain.grace");
  EXPECT_TRUE(taken->changes.at(0).weakens);
  EXPECT_TRUE(application().config().webhooks[0].bearer_sha256.empty());
  // It is the old one from now on.
  EXPECT_TRUE(Ask().ok());
}

// A pipe gives each look something else, like a file that is being written.
TEST_F(ReloaderTest, TakesAFileOnlyWhenItReadsTheSameTwice) {
  WriteConfig("logging: {level: debug}\n");
  // Long enough for the writer to see that a look is over.
  Start(absl::Milliseconds(200));
  const std::string pipe = dir_.Path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  WriteConfig(absl::StrCat("logging: {level: '${file:", pipe, "}'}\n"));
  std::thread writer([&pipe] {
    for (const char* level : {"info", "warning", "error", "error"}) {
      std::ofstream(pipe) << level << std::endl;
      WaitUntilNobodyReads(pipe);
    }
  });
  const auto result = Ask();
  writer.join();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(application().config().logging.level, "error");
}

}  // namespace
}  // namespace segrid::app
