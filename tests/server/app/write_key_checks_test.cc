#include "server/app/write_key_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <mutex>
#include <string>

#include "absl/synchronization/notification.h"
#include "tests/testing/scripted_server.h"

namespace segrid::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Keeps the first line.
class FirstLine final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::string Wait() {
    written_.WaitForNotification();
    return text_;
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (written_.HasBeenNotified()) return;
    text_.assign(message.payload.data(), message.payload.size());
    written_.Notify();
  }
  void flush_() override {}

  absl::Notification written_;
  std::string text_;
};

// The line that comes of the questions.
std::string LineFor(const config::Config& config) {
  base::SystemClock clock;
  const auto sink = std::make_shared<FirstLine>();
  logging::Log log({}, clock, sink);
  auto pool = pool::ThreadPool::Create(1);
  const WriteKeyChecks checks(config, log, clock, **pool);
  std::string line = sink->Wait();
  (*pool)->Stop();
  return line;
}

config::Config ConfigFor(testing::ScriptedServer& server) {
  config::Config config;
  config::Source& source = config.sources.emplace_back();
  source.name = "prod";
  source.write_key = base::Secret("canarykey");
  source.settings_endpoint = server.url();
  source.ca_file = server.ca_file();
  source.check_write_key = true;
  return config;
}

TEST(WriteKeyChecks, WarnOfAKeyThatSegmentDoesNotKnow) {
  for (const int status : {200, 404}) {
    testing::ScriptedServer server([&](const testing::Seen&) {
      testing::Reply reply;
      reply.status = status;
      return reply;
    });
    const std::string lines = LineFor(ConfigFor(server));
    EXPECT_EQ(server.seen().size(), 1u);
    EXPECT_THAT(lines, Not(HasSubstr("canary")));
    const bool warns =
        lines.find("does not know the write key") != std::string::npos;
    EXPECT_EQ(warns, status == 404) << lines;
    EXPECT_THAT(lines, HasSubstr("prod"));
  }
}

TEST(WriteKeyChecks, AskOnlyWhenTheyShall) {
  testing::ScriptedServer server;
  config::Config config = ConfigFor(server);
  config.sources[0].check_write_key = false;
  base::SystemClock clock;
  logging::Log log({}, clock, std::make_shared<FirstLine>());
  auto pool = pool::ThreadPool::Create(1);
  const WriteKeyChecks checks(config, log, clock, **pool);
  (*pool)->Stop();
  EXPECT_TRUE(server.seen().empty());
}

}  // namespace
}  // namespace segrid::app
