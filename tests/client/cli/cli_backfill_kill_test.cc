// `segrid backfill` killed at any point, again and again.
//
// SEGRID_BACKFILL_LINES and SEGRID_BACKFILL_KILLS make it larger: the full size
// is 1,000,000 lines and 20 kills.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "client/testing/fake_server.h"
#include "client/testing/server_answers.h"
#include "tests/client/cli/program.h"
#include "tests/client/scratch_dir.h"

namespace segrid {
namespace {

using tests::Lines;
using tests::Ran;
using tests::RunSegrid;

constexpr int kBatch = 500;

std::int64_t FromEnvironment(const char* name, std::int64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoll(text);
}

std::string EventLine(std::int64_t index) {
  return R"({"event":"open","email":"ada@example.com","timestamp":1591726752,)"
         R"("sg_event_id":"event-)" +
         std::to_string(index) + "\"}";
}

// A server that remembers all it was given, and by which call.
class Ledger {
 public:
  explicit Ledger(testing::FakeServer& server) {
    server.OnForward([this](const v1::ForwardRequest& request) {
      Count(request.webhook_json());
      return testing::AnswerForward(request);
    });
  }

  std::size_t events() const { return times_.size(); }
  std::int64_t repeats() const { return repeats_; }

 private:
  void Count(const std::string& body) {
    constexpr std::string_view kId = "\"event-";
    const std::lock_guard lock(mutex_);
    for (std::size_t at = body.find(kId); at != std::string::npos;
         at = body.find(kId, at)) {
      at += kId.size();
      if (++times_[std::stoll(body.substr(at, 12))] > 1) ++repeats_;
    }
  }

  std::mutex mutex_;
  std::map<std::int64_t, int> times_;
  std::int64_t repeats_ = 0;
};

class BackfillKills : public ::testing::Test {
 protected:
  // Runs it, and kills it after a while that nobody chose.
  Ran RunAndKill(const std::vector<std::string>& arguments, int signal,
                 absl::Duration after) {
    absl::Notification ended;
    std::thread killer;
    const Ran ran =
        RunSegrid(arguments, {.started = [&](pid_t pid) {
                    killer = std::thread([&ended, pid, signal, after] {
                      if (!ended.WaitForNotificationWithTimeout(after)) {
                        kill(pid, signal);
                      }
                    });
                  }});
    ended.Notify();
    killer.join();
    return ran;
  }

  tests::ScratchDir dir_;
  testing::FakeServer server_;
};

TEST_F(BackfillKills, LoseNothingAndRepeatAtMostTheCallThatWasOnItsWay) {
  const std::int64_t lines = FromEnvironment("SEGRID_BACKFILL_LINES", 20'000);
  const std::int64_t kills = FromEnvironment("SEGRID_BACKFILL_KILLS", 6);
  const std::int64_t bad_every = 1'000;
  const std::int64_t bad = lines / bad_every;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Ledger ledger(server_);
  std::string bad_lines;
  {
    std::ofstream file(dir_.Path("a.ndjson"), std::ios::binary);
    for (std::int64_t i = 0; i < lines; ++i) {
      std::string line = EventLine(i);
      if (i % bad_every == bad_every / 2) {
        line.resize(20 + random() % 60);  // Cut off.
        bad_lines += line + "\n";
      }
      file << line << "\n";
    }
  }
  const std::vector<std::string> arguments = {"backfill",
                                              "--server",
                                              server_.address(),
                                              "--rate",
                                              "1000000",
                                              "--batch",
                                              std::to_string(kBatch),
                                              "--json",
                                              "--progress",
                                              dir_.Path("progress"),
                                              "--rejected",
                                              dir_.Path("rejected"),
                                              dir_.Path("a.ndjson")};
  std::set<std::string> named;
  const auto remember_named = [&](const Ran& ran) {
    const std::regex place("line [0-9]+, byte [0-9]+ ");
    for (const std::string& line : Lines(ran.err)) {
      std::smatch match;
      if (std::regex_search(line, match, place)) named.insert(match.str());
    }
  };
  for (std::int64_t i = 0; i < kills; ++i) {
    const auto after = absl::Microseconds(
        20'000 + static_cast<int>(random() % 40) *
                     static_cast<int>(lines / kills / 8 + 100));
    remember_named(
        RunAndKill(arguments, random() % 4 == 0 ? SIGINT : SIGKILL, after));
  }
  const Ran last = RunSegrid(arguments);
  remember_named(last);
  EXPECT_EQ(last.code, 0) << last.err;
  EXPECT_EQ(static_cast<std::int64_t>(ledger.events()), lines - bad);
  // The server takes these for duplicates.
  EXPECT_LE(ledger.repeats(), kills * kBatch);
  EXPECT_EQ(static_cast<std::int64_t>(named.size()), bad);
  std::ostringstream rejected;
  rejected << std::ifstream(dir_.Path("rejected"), std::ios::binary).rdbuf();
  EXPECT_TRUE(rejected.str() == bad_lines) << rejected.str().size() << " bytes";
  std::cout << "figure: " << lines << " lines, " << kills
            << " kills: " << ledger.events() << " events arrived, "
            << ledger.repeats() << " a second time, in calls of the same name; "
            << named.size() << " bad lines named" << std::endl;
  // Another run finds nothing to do.
  const Ran again = RunSegrid(arguments);
  EXPECT_THAT(again.out, ::testing::HasSubstr("\"sent\":0,"));
}

// The server gives a retry the answer that the first try got, by this name.
TEST_F(BackfillKills, NameACallAsItWasNamedBefore) {
  pid_t command = 0;
  absl::Notification started;
  server_.OnForward([&](const auto& request) {
    started.WaitForNotification();
    if (server_.forwards().size() == 1) kill(command, SIGKILL);
    return testing::AnswerForward(request);
  });
  const std::vector<std::string> arguments = {
      "backfill",
      "--server",
      server_.address(),
      "--progress",
      dir_.Path("progress"),
      dir_.Write("a.ndjson", EventLine(1))};
  const Ran killed = RunSegrid(arguments, {.started = [&](pid_t pid) {
                                 command = pid;
                                 started.Notify();
                               }});
  EXPECT_EQ(killed.code, 128 + SIGKILL);
  EXPECT_EQ(RunSegrid(arguments).code, 0);
  ASSERT_EQ(server_.forwards().size(), 2u);
  EXPECT_EQ(server_.idempotency_keys()[0], server_.idempotency_keys()[1]);
  EXPECT_EQ(server_.idempotency_keys()[0].size(), 64u);
}

}  // namespace
}  // namespace segrid
