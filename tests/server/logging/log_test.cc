#include "server/logging/log.h"

#include <memory>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "spdlog/sinks/ostream_sink.h"
#include "tests/testing/fake_clock.h"

namespace segrid::logging {
namespace {

// A log whose lines the test reads.
class LogTest : public ::testing::Test {
 protected:
  Log Make(const Options& options) {
    return Log(options, clock_,
               std::make_shared<spdlog::sinks::ostream_sink_mt>(out_));
  }

  testing::FakeClock clock_;
  std::ostringstream out_;
};

TEST_F(LogTest, WritesOneLinePerMessage) {
  Log log = Make({.format = Format::kText});
  log.Info("first");
  log.Error("second", {{"n", std::int64_t{1}}});
  EXPECT_EQ(out_.str(),
            "2026-01-01T00:00:00.000Z INFO    first\n"
            "2026-01-01T00:00:00.000Z ERROR   second  n=1\n");
}

TEST_F(LogTest, DropsWhatIsBelowTheLevel) {
  Log log = Make({.level = Level::kWarning});
  log.Debug("no");
  log.Info("no");
  EXPECT_EQ(out_.str(), "");
  log.Warning("yes");
  EXPECT_NE(out_.str(), "");
}

TEST_F(LogTest, LimitsEachMessageAndLevel) {
  Log log = Make({.format = Format::kText,
                  .limit = {.max_lines = 1, .window = absl::Seconds(10)}});
  log.Info("m");
  log.Info("m");
  log.Warning("m");
  clock_.Advance(absl::Seconds(10));
  log.Info("m");
  EXPECT_EQ(out_.str(),
            "2026-01-01T00:00:00.000Z INFO    m\n"
            "2026-01-01T00:00:00.000Z WARNING m\n"
            "2026-01-01T00:00:10.000Z INFO    m  suppressed=1\n");
}

TEST(LevelNames, AreThoseOfTheConfiguration) {
  EXPECT_EQ(LevelFromName("debug"), Level::kDebug);
  EXPECT_EQ(LevelFromName("info"), Level::kInfo);
  EXPECT_EQ(LevelFromName("warning"), Level::kWarning);
  EXPECT_EQ(LevelFromName("error"), Level::kError);
  EXPECT_EQ(FormatFromName("text"), Format::kText);
  EXPECT_EQ(FormatFromName("json"), Format::kJson);
}

}  // namespace
}  // namespace segrid::logging
