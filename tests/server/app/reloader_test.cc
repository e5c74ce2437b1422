#include "server/app/reloader.h"

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/clock.h"
#include "gtest/gtest.h"
#include "tests/client/certificates.h"
#include "tests/server/testing/running_server.h"

namespace segrid::app {
namespace {

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
  void WriteConfig(const config::Tls& tls) const {
    dir_.Write("config.yaml",
               absl::StrCat("http: {listen: ['127.0.0.1:0'], tls: {cert: ",
                            tls.cert, ", key: ", tls.key, "}}\n"));
  }
  // Has it looked until `count` is `wanted`.
  static bool Reaches(const std::atomic<std::int64_t>& count,
                      std::int64_t wanted, Reloader& reloader) {
    const absl::Time end = absl::Now() + absl::Seconds(10);
    while (count != wanted && absl::Now() < end) reloader.RequestIfChanged();
    return count == wanted;
  }

  const tests::Certificate authority_ = tests::MakeAuthority();
  const tests::ScratchDir dir_;
  base::SystemClock clock_;
  logging::Log log_{{.level = logging::Level::kError}, clock_};
  const Supervisor supervisor_{"", absl::ZeroDuration()};
};

TEST_F(ReloaderTest, LooksAtTheFilesThatABadConfigurationNames) {
  config::Config config = testing::RunningServer::DefaultConfig();
  config.http.tls = MakePair("first");
  testing::RunningServer server(config);
  WriteConfig(config.http.tls);
  CommandLine line;
  line.config_file = dir_.Path("config.yaml");
  Figures& figures = server.application().figures();
  Reloader reloader({line, server.application(), log_, supervisor_});
  const config::Tls second = MakePair("second");
  dir_.Write("second.key", tests::MakeAuthority().key);
  WriteConfig(second);
  EXPECT_TRUE(Reaches(figures.failed_reloads, 1, reloader));
  MakePair("second");
  EXPECT_TRUE(Reaches(figures.reloads, 1, reloader));
  EXPECT_EQ(server.application().certificate_files()[3], second.cert);
}

TEST_F(ReloaderTest, DoesNothingWithoutAChangeOrARequest) {
  testing::RunningServer server;
  dir_.Write("config.yaml", "logging: {level: error}\n");
  CommandLine line;
  line.config_file = dir_.Path("config.yaml");
  Figures& figures = server.application().figures();
  Reloader reloader({line, server.application(), log_, supervisor_});
  reloader.RequestIfChanged();
  reloader.Request();
  EXPECT_TRUE(Reaches(figures.reloads, 1, reloader));
  EXPECT_EQ(figures.failed_reloads, 0);
}

}  // namespace
}  // namespace segrid::app
