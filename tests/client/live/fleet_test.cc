// Two servers behind one client, at load, while they are restarted and killed.
//
// SEGRID_FLEET_ROUNDS: rolling restarts and kills, so many of each (default 2;
// the full size is 6, in 14 s).

#include "tests/client/live/fleet.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "client/client.h"
#include "gtest/gtest.h"

namespace segrid {
namespace {

constexpr int kThreads = 4;
constexpr int kEvents = 10;

// Forwards batches from several threads until it is told to stop.
class Load {
 public:
  explicit Load(const Client& client) {
    for (int i = 0; i < kThreads; ++i) {
      threads_.emplace_back([this, client, i] { Run(client, i); });
    }
  }
  // Stops, and waits for the calls that are under way.
  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

  std::int64_t calls() const { return calls_; }
  std::int64_t accepted() const { return accepted_; }
  std::int64_t duplicates() const { return duplicates_; }
  const std::vector<std::string>& errors() const { return errors_; }
  absl::Duration slowest() const { return slowest_; }

 private:
  void Run(const Client& client, int thread) {
    for (int call = 0; !stopping_; ++call) {
      const absl::Time begin = absl::Now();
      std::string name = std::to_string(thread);
      name.append("-").append(std::to_string(call));
      const auto answer = client.Forward(tests::FleetEvents(name, kEvents));
      ++calls_;
      const absl::MutexLock lock(&mutex_);
      slowest_ = std::max(slowest_, absl::Now() - begin);
      if (!answer.ok()) {
        errors_.push_back(answer.error().ToString());
        continue;
      }
      accepted_ += answer->accepted_count();
      duplicates_ += answer->duplicate_count();
      EXPECT_EQ(answer->accepted_count() + answer->duplicate_count(), kEvents);
    }
  }

  std::atomic<bool> stopping_ = false;
  std::atomic<std::int64_t> calls_ = 0;
  std::atomic<std::int64_t> accepted_ = 0;
  std::atomic<std::int64_t> duplicates_ = 0;
  absl::Mutex mutex_;
  std::vector<std::string> errors_;
  absl::Duration slowest_;
  std::vector<std::thread> threads_;  // Last: they use the others.
};

TEST(Fleet, IsNeverSeenToBeRestartedOrKilled) {
  const int rounds = tests::NumberFromEnvironment("SEGRID_FLEET_ROUNDS", 2);
  tests::FleetServer servers[2];
  const auto client = Client::Connect(
      {.address = servers[0].address() + "," + servers[1].address()});
  ASSERT_TRUE(client.ok()) << client.error();
  Load load(*client);
  const absl::Time begin = absl::Now();
  for (int i = 0; i < 2 * rounds; ++i) {
    tests::FleetServer& server = servers[i % 2];
    if (i / 2 % 2 == 0) {
      server.Stop();
    } else {
      server.Kill();
    }
    server.Start();
    // So that all of them come in 14 s, and both serve again in between.
    tests::PassTime(begin + (i + 1) * absl::Seconds(14) / 12 - absl::Now());
  }
  const absl::Duration took = absl::Now() - begin;
  load.Stop();
  for (tests::FleetServer& server : servers) server.Stop();  // Delivers all.

  // No error reaches the caller, and each event has one outcome.
  EXPECT_EQ(load.errors(), std::vector<std::string>());
  const std::int64_t events = load.calls() * kEvents;
  EXPECT_EQ(load.accepted() + load.duplicates(), events);

  // Nothing is lost, and what came twice has the same id.
  std::map<std::string, int> delivered = servers[0].Delivered();
  std::int64_t repeats = 0;
  for (const auto& [id, count] : servers[1].Delivered()) delivered[id] += count;
  for (const auto& [id, count] : delivered) repeats += count - 1;
  EXPECT_EQ(static_cast<std::int64_t>(delivered.size()), events);
  // Those of the calls whose server was killed before it answered, and those
  // whose delivery was under way.
  EXPECT_LE(repeats, rounds * 2'500);
  EXPECT_GT(load.calls(), 100);
  std::printf(
      "%d restarts and %d kills in %.1f s: %ld calls, slowest %.0f ms, %ld "
      "duplicates told, %ld repeats with the same id\n",
      rounds, rounds, absl::ToDoubleSeconds(took), load.calls(),
      absl::ToDoubleMilliseconds(load.slowest()), load.duplicates(), repeats);
}

}  // namespace
}  // namespace segrid
