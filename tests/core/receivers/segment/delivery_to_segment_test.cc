// The queue, the deliverer, the receiver and a real HTTPS server, together.

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "core/deliver/deliverer.h"
#include "core/pool/thread_pool.h"
#include "core/queue/memory/memory_queue.h"
#include "core/receivers/segment/segment_receiver.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/gunzip.h"
#include "tests/testing/queue_calls.h"
#include "tests/testing/scripted_server.h"

namespace segrid::receivers::segment {
namespace {

using testing::Reply;
using testing::ScriptedServer;
using testing::Seen;

// Short waits, so that the test is quick.
constexpr absl::Duration kShort = absl::Milliseconds(5);

class DeliveryToSegment : public ::testing::Test {
 protected:
  void Start(ScriptedServer& server) {
    deliver::Source source{.name = "prod", .requests_per_second = 1'000};
    source.receiver =
        SegmentReceiver::Create({.endpoint = server.url(),
                                 .write_key = base::Secret("key"),
                                 .tls = {.ca_file = server.ca_file()}},
                                pool_->io(), clock_)
            .value();
    std::vector<deliver::Source> sources;
    sources.push_back(std::move(source));
    deliverer_ = std::make_unique<deliver::Deliverer>(
        deliver::Environment{clock_, queue_, *pool_, retry::UniformJitter()},
        deliver::Options{.linger = kShort,
                         .backoff = {.base = kShort},
                         .probe_wait = kShort,
                         .max_probe_wait = kShort},
        std::move(sources));
    deliverer_->Start();
  }

  // Appends and waits until all is settled.
  queue::Progress Deliver(int count) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) ids.push_back(absl::StrCat("m", i));
    return Deliver(ids);
  }
  queue::Progress Deliver(const std::vector<std::string>& ids) {
    const queue::Ticket ticket = calls_.Append("prod", ids).ticket;
    absl::StatusOr<queue::Progress> progress;
    absl::Notification done;
    deliverer_->NotifySettled("prod", ticket, clock_.Now() + absl::Seconds(50),
                              [&](absl::StatusOr<queue::Progress> got) {
                                progress = got;
                                done.Notify();
                              });
    done.WaitForNotification();
    return progress.value();
  }

  ~DeliveryToSegment() override { pool_->Stop(); }

  base::SystemClock clock_;
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(2);
  queue::memory::MemoryQueue queue_{{}, clock_};
  testing::QueueCalls calls_{queue_};
  std::unique_ptr<deliver::Deliverer> deliverer_;
};

TEST_F(DeliveryToSegment, FindsThePoisonedMessageAndDeliversItsNeighboursOnce) {
  ScriptedServer server([](const Seen& seen) {
    const bool bad = absl::StrContains(testing::Gunzip(seen.body), "\"m1777\"");
    return bad ? Reply{.status = 400, .body = "m1777 is bad"} : Reply();
  });
  Start(server);
  const queue::Progress progress = Deliver(2'500);
  EXPECT_EQ(progress.delivered, 2'499);
  EXPECT_EQ(progress.dead, 1);
  EXPECT_LE(server.seen().size(), 27u);
  const auto page = queue_.ListDeadLetters({.filter = {.lane = "prod"}});
  EXPECT_EQ(page->dead_letters.at(0).message_id, "m1777");
  EXPECT_EQ(page->dead_letters.at(0).answer, "HTTP 400: m1777 is bad");
}

TEST_F(DeliveryToSegment, GetsThroughEveryKindOfTrouble) {
  const std::vector<Reply> trouble = {
      {.kind = Reply::Kind::kClose},
      {.status = 503},
      // Not 401: nobody waits for a source that is held.
      {.kind = Reply::Kind::kGarbage},
      {.status = 429},
      {.kind = Reply::Kind::kPartial},
      {.status = 408},
  };
  std::size_t answered = 0;
  ScriptedServer server([&](const Seen&) {
    return answered < trouble.size() ? trouble[answered++] : Reply();
  });
  Start(server);
  EXPECT_EQ(Deliver(10).delivered, 10);
  const auto seen = server.seen();
  ASSERT_EQ(seen.size(), trouble.size() + 1);
  std::set<std::string> bodies;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].Header("x-retry-count"), i == 0 ? "" : absl::StrCat(i));
    const std::string body = testing::Gunzip(seen[i].body);
    bodies.insert(body.substr(0, body.find("sentAt")));
  }
  EXPECT_EQ(bodies.size(), 1u) << "the same messages each time";
}

// Behind each answer stands one that says the contrary: in the same record, in
// one of its own, or in a second write.
TEST_F(DeliveryToSegment, CountsOnlyWhatWasTakenAsDelivered) {
  std::set<std::string> taken;
  int posts = 0;
  ScriptedServer server([&](const Seen& seen) {
    const bool take = ++posts % 3 != 0;
    if (take) {
      const std::string body = testing::Gunzip(seen.body);
      for (int i = 0; i < 500; ++i) {
        const std::string id = absl::StrCat("\"m", i, "\"");
        if (absl::StrContains(body, id)) taken.insert(id);
      }
    }
    const std::string own = testing::RawResponse(take ? 200 : 503);
    const std::string stray = testing::RawResponse(take ? 400 : 200);
    Reply reply{.kind = Reply::Kind::kRaw};
    switch (posts % 4) {
      case 0:
        reply.writes = {{.records = {own + stray}}};
        break;
      case 1:
        reply.writes = {{.records = {own, stray}}};
        break;
      case 2:
        reply.writes = {{.records = {own, stray, stray}}};
        break;
      default:
        reply.writes = {{.records = {own}}};
    }
    return reply;
  });
  Start(server);
  // One at a time, so that each is a post of its own.
  for (int i = 0; i < 500; i += 10) {
    std::vector<std::string> ids;
    for (int j = i; j < i + 10; ++j) ids.push_back(absl::StrCat("m", j));
    EXPECT_EQ(Deliver(ids).delivered, 10);
  }
  EXPECT_EQ(taken.size(), 500u);
  EXPECT_EQ(calls_.Stats("prod").dead, 0);
}

TEST_F(DeliveryToSegment, DeliversManyBatchesOverFewConnections) {
  ScriptedServer server;
  Start(server);
  EXPECT_EQ(Deliver(20'000).delivered, 20'000);
  EXPECT_EQ(server.seen().size(), 8u);
  EXPECT_LE(server.accepted(), 4);
}

}  // namespace
}  // namespace segrid::receivers::segment
