#include "server/http/body_room.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace segrid::httpd {
namespace {

class FakeConnection final : public Slot {
 public:
  void Cut(httpd::Cut reason) override { cut = reason; }
  void EndSoon() override {}
  void CheckAgain() override {}

  std::optional<httpd::Cut> cut;
};

// A request of a peer. Gives its room back when it goes.
struct Sender {
  Sender(BodyRoom& r, const std::string& peer, absl::Duration now,
         bool is_authenticated = false, std::int64_t announced_bytes = 0)
      : room(r) {
    share.connection = connection;
    share.peer = peer;
    share.is_authenticated = is_authenticated;
    room.Begin(share, announced_bytes, now);
  }
  ~Sender() { room.Release(share); }

  BodyRoom& room;
  std::shared_ptr<FakeConnection> connection =
      std::make_shared<FakeConnection>();
  BodyShare share;
};

class BodyRoomTest : public ::testing::Test {
 protected:
  static Options MakeOptions() {
    Options options;
    options.min_body_rate = 1'000;
    options.min_body_rate_grace = absl::Seconds(5);
    return options;
  }

  const Options options_ = MakeOptions();
  budget::ByteBudget budget_{8'000};
  BodyRoom room_{options_, budget_};
  absl::Duration now_ = absl::Seconds(100);
};

TEST_F(BodyRoomTest, CountsWhatIsReservedAndGivesItBack) {
  {
    Sender sender(room_, "", now_);
    EXPECT_EQ(budget_.used_bytes(), 0);  // An announcement is nothing.
    EXPECT_TRUE(room_.Grow(sender.share, 100, now_));
    EXPECT_TRUE(room_.Grow(sender.share, 300, now_));
    EXPECT_EQ(budget_.used_bytes(), 300);
    room_.EndReading(sender.share);
    EXPECT_EQ(budget_.used_bytes(), 300);
    room_.Release(sender.share);
    room_.Release(sender.share);
    EXPECT_EQ(budget_.used_bytes(), 0);
  }
  EXPECT_EQ(budget_.used_bytes(), 0);
}

TEST_F(BodyRoomTest, AlwaysHasRoomForASingleRequest) {
  Sender sender(room_, "a", now_);
  EXPECT_TRUE(room_.Grow(sender.share, 5'000, now_));
  EXPECT_TRUE(room_.Grow(sender.share, 20'000, now_));
}

TEST_F(BodyRoomTest, LeavesRoomToThoseThatHaveBegun) {
  Sender first(room_, "", now_), second(room_, "", now_);
  ASSERT_TRUE(room_.Grow(first.share, 7'000, now_));
  EXPECT_FALSE(room_.Grow(second.share, 1, now_));
  EXPECT_TRUE(room_.Grow(first.share, 8'000, now_));
}

// Else 80 of them would begin, and none could be read to its end.
TEST_F(BodyRoomTest, LetsNoMoreBeginThanCanBeReadToTheEnd) {
  std::vector<std::unique_ptr<Sender>> begun;
  for (int i = 0; i < 80; ++i) {
    auto sender = std::make_unique<Sender>(room_, "", now_, false, 200);
    if (room_.Grow(sender->share, 100, now_))
      begun.push_back(std::move(sender));
  }
  EXPECT_EQ(begun.size(), 35);  // 7/8 of 8,000, by 200.
  for (const auto& sender : begun) {
    EXPECT_TRUE(room_.Grow(sender->share, 200, now_));
  }
  EXPECT_EQ(budget_.used_bytes(), 7'000);
}

TEST_F(BodyRoomTest, PromisesLittleForAnAnnouncementAndNothingToTheSlow) {
  std::vector<std::unique_ptr<Sender>> boasters;
  for (int i = 0; i < 20; ++i) {
    boasters.push_back(std::make_unique<Sender>(room_, "", now_, false, 8'000));
    ASSERT_TRUE(room_.Grow(boasters.back()->share, 100, now_));
  }
  Sender wanting(room_, "", now_);
  EXPECT_FALSE(room_.Grow(wanting.share, 100, now_));
  now_ += absl::Milliseconds(300);
  room_.Sweep(now_);
  EXPECT_TRUE(room_.Grow(wanting.share, 100, now_));
}

TEST_F(BodyRoomTest, CountsPromisesInThePeersShare) {
  Sender other(room_, "b", now_);
  ASSERT_TRUE(room_.Grow(other.share, 4'000, now_));
  std::vector<std::unique_ptr<Sender>> boasters;
  int begun = 0;
  for (int i = 0; i < 20; ++i) {
    boasters.push_back(
        std::make_unique<Sender>(room_, "a", now_, false, 8'000));
    if (room_.Grow(boasters.back()->share, 50, now_)) ++begun;
  }
  EXPECT_EQ(begun, 6);  // A quarter of 8,000, by 50 and 250.
  Sender wanting(room_, "c", now_);
  EXPECT_TRUE(room_.Grow(wanting.share, 100, now_));
}

// The budget of all listeners may be the smaller one.
TEST_F(BodyRoomTest, IsShortOfTheRoomThatAllListenersShare) {
  const auto all = std::make_shared<budget::ByteBudget>(8'000);
  budget::ByteBudget own(1'000'000, all);
  BodyRoom room(options_, own);
  Sender first(room, "a", now_), second(room, "a", now_), other(room, "", now_);
  ASSERT_TRUE(room.Grow(first.share, 5'000, now_));
  EXPECT_FALSE(room.Grow(second.share, 1'500, now_)) << "the peer's share";
  EXPECT_FALSE(room.Grow(other.share, 2'500, now_)) << "left to those begun";
  EXPECT_TRUE(room.Grow(other.share, 2'000, now_));
}

TEST_F(BodyRoomTest, BindsAPeerToItsShareOnlyWhileRoomIsShort) {
  Sender greedy(room_, "a", now_), more(room_, "a", now_);
  ASSERT_TRUE(room_.Grow(greedy.share, 5'000, now_));  // Plenty is left.
  {
    Sender few(room_, "a", now_);
    EXPECT_TRUE(room_.Grow(few.share, 500, now_)) << "and still is";
  }
  EXPECT_FALSE(room_.Grow(more.share, 1'500, now_));
  Sender other(room_, "b", now_);
  EXPECT_TRUE(room_.Grow(other.share, 1'500, now_));
  // A proxy is no peer.
  room_.Release(greedy.share);
  Sender proxied(room_, "", now_), again(room_, "", now_);
  ASSERT_TRUE(room_.Grow(proxied.share, 5'000, now_));
  EXPECT_TRUE(room_.Grow(again.share, 400, now_));
}

TEST_F(BodyRoomTest, CutsTheSlowestStrangerWhenThereIsNoRoom) {
  Sender known(room_, "", now_, /*is_authenticated=*/true);
  Sender fast(room_, "", now_), slow(room_, "", now_), slower(room_, "", now_);
  for (Sender* each : {&known, &fast, &slow, &slower}) {
    ASSERT_TRUE(room_.Grow(each->share, 1'700, now_));
  }
  fast.share.received_bytes = 1'700;
  slow.share.received_bytes = 900;
  slower.share.received_bytes = 800;
  Sender wanting(room_, "", now_);
  EXPECT_FALSE(room_.Grow(wanting.share, 1'000, now_));
  EXPECT_FALSE(slower.connection->cut.has_value()) << "it has just begun";

  now_ += absl::Seconds(1);
  EXPECT_FALSE(room_.Grow(wanting.share, 1'000, now_));
  EXPECT_EQ(slower.connection->cut, Cut::kSlowest);
  EXPECT_FALSE(slow.connection->cut.has_value());
  EXPECT_FALSE(room_.Grow(wanting.share, 1'000, now_));
  EXPECT_EQ(slow.connection->cut, Cut::kSlowest);
  EXPECT_FALSE(fast.connection->cut.has_value());
  EXPECT_FALSE(known.connection->cut.has_value());

  room_.Release(slower.share);
  EXPECT_TRUE(room_.Grow(wanting.share, 1'000, now_));
}

// Who brought much at first and then nothing is slow, too.
TEST_F(BodyRoomTest, LooksAtTheRateOfTheLastSeconds) {
  Sender stalled(room_, "", now_), steady(room_, "", now_);
  ASSERT_TRUE(room_.Grow(stalled.share, 3'500, now_));
  ASSERT_TRUE(room_.Grow(steady.share, 3'500, now_));
  stalled.share.received_bytes = 3'400;
  for (int i = 0; i < 4; ++i) {
    now_ += absl::Seconds(1);
    steady.share.received_bytes += 500;
    room_.Sweep(now_);
  }
  Sender wanting(room_, "", now_);
  EXPECT_FALSE(room_.Grow(wanting.share, 1'000, now_));
  EXPECT_EQ(stalled.connection->cut, Cut::kSlowest);
  EXPECT_FALSE(steady.connection->cut.has_value());
}

TEST_F(BodyRoomTest, CutsBodiesBelowTheLeastRate) {
  Sender slow(room_, "", now_), fast(room_, "", now_);
  const auto pass = [&](absl::Duration time) {
    now_ += time;
    room_.Sweep(now_);
  };
  fast.share.received_bytes = 5'000;
  slow.share.received_bytes = 4'999;
  pass(absl::Seconds(4.9));
  EXPECT_FALSE(slow.connection->cut.has_value());
  pass(absl::Seconds(0.2));
  EXPECT_EQ(slow.connection->cut, Cut::kSlowBody);
  EXPECT_FALSE(fast.connection->cut.has_value());
  // The next span has to bring as much.
  pass(absl::Seconds(4.8));
  EXPECT_FALSE(fast.connection->cut.has_value());
  pass(absl::Seconds(0.3));
  EXPECT_EQ(fast.connection->cut, Cut::kSlowBody);
}

TEST_F(BodyRoomTest, AsksNothingOfABodyThatIsThere) {
  Sender sender(room_, "", now_);
  room_.EndReading(sender.share);
  now_ += absl::Seconds(60);
  room_.Sweep(now_);
  EXPECT_FALSE(sender.connection->cut.has_value());
}

}  // namespace
}  // namespace segrid::httpd
