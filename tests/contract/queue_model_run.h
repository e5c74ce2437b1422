// Random operations on a store and on the model, compared after each.

#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/queue_model.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/queue_calls.h"

namespace segrid::queue {

// One run. Same seed, same operations.
class QueueModelRun {
 public:
  QueueModelRun(Queue& queue, testing::FakeClock& clock, std::uint32_t seed)
      : queue_(&queue), calls_(queue), clock_(clock), random_(seed) {}

  // The store was closed, and `queue` is what was opened again.
  void Restart(Queue& queue) {
    queue_ = &queue;
    calls_ = testing::QueueCalls(queue);
    loans_.clear();
    model_.Restart();
    Compare();
  }

  // Does one operation and compares. Stop at the first failure.
  void Step() {
    switch (Below(10)) {
      case 0:
      case 1:
      case 2:
        Append();
        break;
      case 3:
      case 4:
        Take();
        break;
      case 5:
      case 6:
        Ack();
        break;
      case 7:
        Defer();
        break;
      case 8:
        Kill();
        break;
      default:
        Other();
        break;
    }
    Compare();
  }

 private:
  struct Loan {
    std::uint64_t id;
    std::vector<std::size_t> places;  // In the model.
    std::vector<Sequence> sequences;  // In the store, at the same index.
  };

  std::size_t Below(std::size_t bound) { return random_() % bound; }

  void Append() {
    std::vector<std::string> ids;
    for (std::size_t n = Below(6); n > 0; --n) {
      ids.push_back(absl::StrCat("m", Below(400)));
    }
    const LaneAppend result = calls_.Append("prod", ids);
    EXPECT_EQ(result.accepted, model_.Append(ids, clock_.Now()));
  }

  void Take() {
    const auto max = static_cast<std::int32_t>(1 + Below(8));
    const absl::Duration duration = absl::Seconds(1 + Below(60));
    const Lease lease =
        calls_.Take({.lane = "prod", .max_messages = max, .lease = duration})
            .value();
    Loan loan{.id = lease.id,
              .places = model_.Take(static_cast<std::size_t>(max), lease.id,
                                    clock_.Now(), duration),
              .sequences = {}};
    std::vector<std::string> expected;
    for (const std::size_t i : loan.places) {
      expected.push_back(model_.items()[i].id);
      EXPECT_EQ(model_.items()[i].attempts, lease.attempts);
    }
    ASSERT_EQ(testing::IdsOf(lease), expected);
    for (std::size_t i = 0; i < loan.places.size(); ++i) {
      EXPECT_EQ(lease.messages[i].accepted_time,
                model_.items()[loan.places[i]].accepted_time);
      loan.sequences.push_back(lease.messages[i].sequence);
    }
    if (lease.id != 0) loans_.push_back(std::move(loan));
  }

  // A random part of a random loan, perhaps one that ran out long ago.
  std::pair<Settlement, std::vector<std::size_t>> SomeOfALoan() {
    Settlement settlement{.lane = "prod"};
    std::vector<std::size_t> places;
    if (loans_.empty()) return {settlement, places};
    const Loan& loan = loans_[Below(loans_.size())];
    settlement.lease_id = loan.id;
    const bool all = Below(2) == 0;
    for (std::size_t i = 0; i < loan.places.size(); ++i) {
      if (!all && Below(2) == 0) continue;
      settlement.ranges.push_back({loan.sequences[i], loan.sequences[i]});
      places.push_back(loan.places[i]);
    }
    return {settlement, places};
  }

  void Ack() {
    const auto [settlement, places] = SomeOfALoan();
    EXPECT_TRUE(calls_.Ack(settlement).ok());
    model_.Ack(places);
  }

  void Defer() {
    const auto [settlement, places] = SomeOfALoan();
    const Deferral deferral{
        .not_before = clock_.Now() + absl::Seconds(Below(90)),
        .attempts = static_cast<std::int32_t>(Below(2))};
    EXPECT_TRUE(calls_.Defer(settlement, deferral).ok());
    model_.Defer(places, settlement.lease_id, deferral, clock_.Now());
  }

  void Kill() {
    const auto [settlement, places] = SomeOfALoan();
    EXPECT_TRUE(calls_.DeadLetter(settlement, {"REFUSED", "HTTP 404"}).ok());
    model_.DeadLetter(places, settlement.lease_id, clock_.Now());
  }

  void Other() {
    switch (Below(8)) {
      case 0:
        EXPECT_EQ(*queue_->ReplayDeadLetters({.lane = "prod"}),
                  model_.Replay(clock_.Now()));
        break;
      case 1:
        EXPECT_EQ(*queue_->PurgeDeadLetters({.lane = "prod"}), model_.Purge());
        break;
      case 2:
        Erase();
        break;
      default:
        clock_.Advance(absl::Seconds(Below(40)));
    }
  }

  // The messages whose ids end with one digit.
  void Erase() {
    const std::string end = absl::StrCat(Below(10));
    const auto lanes = queue_->Erase({.matches = [&](std::string_view track) {
      return track.find(end + "\"") != std::string_view::npos;
    }});
    ASSERT_TRUE(lanes.ok()) << lanes.status();
    std::int64_t erased = 0;
    for (const ErasedLane& lane : lanes->lanes) {
      erased += lane.pending + lane.dead_letters;
    }
    EXPECT_EQ(erased, model_.Erase([&](const std::string& id) {
      return id.ends_with(end);
    }));
  }

  void Compare() {
    const LaneStats stats = calls_.Stats("prod");
    EXPECT_EQ(stats.accepted, model_.accepted());
    EXPECT_EQ(stats.duplicates, model_.duplicates());
    EXPECT_EQ(stats.delivered, model_.delivered());
    EXPECT_EQ(stats.pending, model_.pending());
    EXPECT_EQ(stats.dead, model_.dead());
    EXPECT_EQ(stats.expired, 0);
    EXPECT_EQ(stats.purged, model_.purged());
    EXPECT_EQ(stats.accepted,
              stats.delivered + stats.pending + stats.dead + stats.purged);
  }

  Queue* queue_;
  testing::QueueCalls calls_;
  testing::FakeClock& clock_;
  std::mt19937 random_;
  QueueModel model_;
  std::vector<Loan> loans_;  // All since the last restart.
};

}  // namespace segrid::queue
