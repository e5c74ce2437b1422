#include "core/receivers/warehouse/warehouse_receiver.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/receivers/warehouse/database_error.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace segrid::receivers::warehouse {
namespace {

constexpr char kTrack[] =
    R"({"messageId":"m1","event":"Email Opened",)"
    R"("timestamp":"2020-06-09T18:19:12.000Z",)"
    R"("properties":{"id":"x","received_at":"y","a":"\u0000"}})";

// A database that says what the test wants.
struct FakeLoader final : Loader {
  absl::Status Prepare() override { return ++prepared, prepare; }
  const KnownColumns& known_columns() const override { return known; }
  absl::Status Load(const std::vector<TableRows>&) override { return load; }
  absl::StatusOr<std::int64_t> DeleteBefore(absl::Time before,
                                            std::int64_t max_rows) override {
    deleted_before = before;
    ++deletions;
    const std::int64_t deleted = std::min(old_rows, max_rows);
    old_rows -= deleted;
    return deleted;
  }
  absl::StatusOr<std::vector<std::string>> Check() override {
    return std::vector<std::string>();
  }
  void Stop() override {}

  absl::Status prepare, load;
  KnownColumns known;
  int prepared = 0, deletions = 0;
  std::int64_t old_rows = 0;
  absl::Time deleted_before;
};

class WarehouseReceiverTest : public ::testing::Test {
 protected:
  void Make(absl::Duration keep = absl::InfiniteDuration()) {
    auto loader = std::make_unique<FakeLoader>();
    loader_ = loader.get();
    receiver_ = std::make_unique<WarehouseReceiver>(
        std::move(loader),
        WarehouseOptions{.loader = {.database = "sqlite:a.db"}, .keep = keep},
        clock_);
  }

  SendResult Send(std::string_view track = kTrack) {
    SendResult result;
    receiver_->Send({.tracks = {track}},
                    [&](SendResult sent) { result = std::move(sent); });
    return result;
  }

  testing::FakeClock clock_;
  std::unique_ptr<WarehouseReceiver> receiver_;
  FakeLoader* loader_ = nullptr;
};

TEST_F(WarehouseReceiverTest, SaysWhatAFailureAsksFor) {
  Make();
  EXPECT_EQ(Send().verdict, Verdict::kDelivered);
  const std::pair<absl::Status, Verdict> rows[] = {
      {Unavailable("SQLSTATE 57P01: shutdown"), Verdict::kRetry},
      {Misconfigured("SQLSTATE 42501: no"), Verdict::kMisconfigured},
      {Refused("SQLSTATE 23514: check"), Verdict::kSplit},
  };
  for (const auto& [status, verdict] : rows) {
    loader_->load = status;
    const SendResult result = Send();
    EXPECT_EQ(result.verdict, verdict) << status;
    EXPECT_EQ(result.detail, status.message());
    EXPECT_TRUE(result.changed_values.empty());
  }
  EXPECT_EQ(Send("{}").verdict, Verdict::kSplit);
}

TEST_F(WarehouseReceiverTest, TellsWhichValuesItCouldNotKeep) {
  Make();
  const SendResult result = Send();
  ASSERT_EQ(result.changed_values.size(), 2U);
  EXPECT_EQ(result.changed_values[0].reason, "name_taken");
  EXPECT_EQ(result.changed_values[0].count, 2);
  EXPECT_EQ(result.changed_values[1].reason, "nul_replaced");
  EXPECT_EQ(result.changed_values[1].count, 1);
}

TEST_F(WarehouseReceiverTest, MakesTheTablesBeforeTheFirstBatch) {
  Make();
  loader_->prepare = Unavailable("down");
  EXPECT_EQ(receiver_->Maintain(), absl::Seconds(30));
  loader_->prepare = absl::OkStatus();
  EXPECT_EQ(receiver_->Maintain(), absl::InfiniteDuration());
  EXPECT_EQ(loader_->prepared, 2);
  EXPECT_EQ(loader_->deletions, 0);
}

TEST_F(WarehouseReceiverTest, DeletesOldRowsInStepsWithoutABatch) {
  Make(absl::Hours(24));
  loader_->old_rows = 2'500;
  EXPECT_EQ(receiver_->Maintain(), absl::Minutes(1));
  EXPECT_EQ(loader_->deletions, 3);
  EXPECT_EQ(loader_->old_rows, 0);
  EXPECT_EQ(loader_->deleted_before, clock_.Now() - absl::Hours(24));
}

}  // namespace
}  // namespace segrid::receivers::warehouse
