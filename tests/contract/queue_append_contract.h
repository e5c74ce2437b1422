// The part of the contract about appending, duplicates and limits.

#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "tests/contract/queue_contract.h"

namespace segrid::queue {

using testing::ChunkOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TYPED_TEST_P(QueueContract, AnUnknownLaneIsEmpty) {
  EXPECT_THAT(this->calls().Take("nobody").messages, IsEmpty());
  EXPECT_EQ(this->calls().Stats("nobody").accepted, 0);
}

TYPED_TEST_P(QueueContract, AppendCountsAndNumbersWhatItAccepts) {
  const LaneAppend first = this->calls().Append("prod", {"a", "b"});
  EXPECT_EQ(first.accepted, 2);
  EXPECT_EQ(first.ticket.count, 2);
  EXPECT_GE(first.ticket.range.first, 1u);
  const LaneAppend second = this->calls().Append("prod", {"c"});
  EXPECT_GT(second.ticket.range.first, first.ticket.range.last);
}

TYPED_TEST_P(QueueContract, AnEmptyBatchAndAnEmptyChunkAreFine) {
  EXPECT_TRUE(this->calls().Append(std::vector<Chunk>{}).ok());
  const LaneAppend none = this->calls().Append("prod", {});
  EXPECT_EQ(none.accepted, 0);
  EXPECT_EQ(none.ticket.count, 0);
}

TYPED_TEST_P(QueueContract, DuplicatesAreCountedAndNotAccepted) {
  this->calls().Append("prod", {"a", "b"});
  const LaneAppend again = this->calls().Append("prod", {"b", "c", "a", "c"});
  EXPECT_EQ(again.accepted, 1);
  EXPECT_EQ(again.duplicates, 3);
  const Lease lease = this->calls().Take("prod");
  EXPECT_THAT(testing::IdsOf(lease), ElementsAre("a", "b", "c"));
  EXPECT_EQ(lease.messages.at(2).track, testing::TrackJson("c"));
  EXPECT_EQ(this->calls().Stats("prod").duplicates, 3);
}

TYPED_TEST_P(QueueContract, LanesDoNotShareIds) {
  const auto result =
      this->calls().Append({ChunkOf("prod", {"a"}), ChunkOf("test", {"a"})});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->lanes.at(0).accepted, 1);
  EXPECT_EQ(result->lanes.at(1).accepted, 1);
}

TYPED_TEST_P(QueueContract, ADeliveredMessageIsStillADuplicate) {
  this->calls().Append("prod", {"a"});
  const Lease lease = this->calls().Take("prod");
  ASSERT_TRUE(this->calls().Ack(testing::AllOf("prod", lease)).ok());
  EXPECT_EQ(this->calls().Append("prod", {"a"}).duplicates, 1);
}

TYPED_TEST_P(QueueContract, AnIdIsForgottenAfterTheWindow) {
  this->calls().Append("prod", {"a"});
  this->Advance(absl::Hours(23));
  EXPECT_EQ(this->calls().Append("prod", {"a"}).duplicates, 1);
  this->Advance(absl::Hours(2));
  EXPECT_EQ(this->calls().Append("prod", {"a"}).accepted, 1);
}

TYPED_TEST_P(QueueContract, AFullLaneRefusesAllChunksAndSaysWhenToRetry) {
  const std::string big(30'000, 'x');
  const std::string more = absl::StrCat(",\"p\":\"", big, "\"");
  int accepted = 0;
  absl::Status full;
  for (int i = 0; full.ok(); ++i) {
    full = this->calls()
               .Append({ChunkOf("prod", {absl::StrCat("m", i)}, more),
                        ChunkOf("test", {absl::StrCat("m", i)})})
               .status();
    accepted += full.ok() ? 1 : 0;
    ASSERT_LT(accepted * 30'000, TypeParam::kMaxLaneBytes);
  }
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::ReasonOf(full), "QUEUE_FULL");
  EXPECT_GT(base::RetryDelayOf(full), absl::ZeroDuration());
  EXPECT_EQ(this->calls().Stats("prod").accepted, accepted);
  EXPECT_EQ(this->calls().Stats("test").accepted, accepted);

  // What is a duplicate needs no room, and what was refused is none.
  EXPECT_EQ(this->calls().Append("prod", {"m0"}).duplicates, 1);
  const Lease lease = this->calls().Take("prod");
  ASSERT_TRUE(this->calls().Ack(testing::AllOf("prod", lease)).ok());
  const std::string refused = absl::StrCat("m", accepted);
  EXPECT_EQ(this->calls().Append("prod", {refused}, more).accepted, 1);
}

TYPED_TEST_P(QueueContract, AFullStoreRefusesEveryLane) {
  const std::string more =
      absl::StrCat(",\"p\":\"", std::string(30'000, 'x'), "\"");
  absl::Status full;
  std::int64_t bytes = 0;
  for (int i = 0; full.ok(); ++i) {
    ASSERT_LT(bytes, TypeParam::kMaxBytes);
    const std::string lane = absl::StrCat("lane", i);
    full = this->calls().Append({ChunkOf(lane, {"a"}, more)}).status();
    bytes += 30'000;
  }
  EXPECT_EQ(base::ReasonOf(full), "QUEUE_FULL");
  const StoreStats stats = this->queue().GetStoreStats().value();
  EXPECT_LE(stats.bytes, stats.max_bytes);
}

TYPED_TEST_P(QueueContract, ChunksThatBreakTheRulesAreRefused) {
  struct Case {
    const char* what;
    std::vector<Message> messages;
    std::string json;
  };
  const std::string json = R"({"messageId":"a"},{"messageId":"b"})";
  const std::string huge = testing::TrackJson("a", std::string(33'000, ' '));
  const auto huge_size = static_cast<std::uint32_t>(huge.size());
  const std::vector<Case> cases = {
      {"a gap", {{0, 17, 14, 1}, {19, 16, 32, 1}}, json},
      {"no comma", {{0, 16, 14, 1}, {17, 18, 32, 1}}, json},
      {"beyond the end", {{0, 17, 14, 1}, {18, 99, 32, 1}}, json},
      {"a rest", {{0, 17, 14, 1}}, json},
      {"no messages", {}, json},
      {"an empty id", {{0, 17, 14, 0}, {18, 17, 32, 1}}, json},
      {"an id elsewhere", {{0, 17, 32, 1}, {18, 17, 32, 1}}, json},
      {"a long id", {{0, huge_size, 14, 101}}, huge},
      {"a huge message", {{0, huge_size, 14, 1}}, huge},
      {"an overflow", {{0, 17, 14, 1}, {18, ~0u, 32, 1}}, json},
  };
  for (const Case& c : cases) {
    const auto result = this->calls().Append(
        {Chunk{.lane = "prod", .json = Bytes(c.json), .messages = c.messages}});
    EXPECT_EQ(base::ReasonOf(result.status()), "BAD_CHUNK") << c.what;
  }
  EXPECT_FALSE(this->calls()
                   .Append({ChunkOf("prod", {"a"}), ChunkOf("prod", {"b"})})
                   .ok());
  EXPECT_FALSE(this->calls().Append({ChunkOf("", {"a"})}).ok());
  EXPECT_EQ(this->calls().Stats("prod").accepted, 0);
}

TYPED_TEST_P(QueueContract, SubscribersHearOfAppendsToTheirLaneOnly) {
  int heard = 0;
  auto subscription = this->queue().Subscribe("prod", [&] { ++heard; });
  this->calls().Append("test", {"a"});
  EXPECT_EQ(heard, 0);
  this->calls().Append("prod", {"a"});
  EXPECT_GE(heard, 1);
  subscription.reset();
  const int before = heard;
  this->calls().Append("prod", {"b"});
  EXPECT_EQ(heard, before);
}

TYPED_TEST_P(QueueContract, ATraceGoesWithItsMessages) {
  auto trace = base::ParseTraceParent(
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  trace->state = "rojo=1,congo=2";
  Chunk traced = ChunkOf("prod", {"b", "a", "c", "d"});
  traced.trace = trace;
  this->calls().Append("prod", {"a"});
  ASSERT_TRUE(this->calls().Append({traced}).ok());
  this->calls().Append("prod", {"e"});
  EXPECT_THAT(this->calls().Take("prod", 1).traces, IsEmpty());
  for (const auto& [count, id] :
       {std::pair(2, "b"), std::pair(1, "d"), std::pair(1, "e")}) {
    const Lease lease = this->calls().Take("prod", count);
    ASSERT_EQ(lease.messages.at(0).id, id);
    const bool is_traced = lease.messages.at(0).id != "e";
    std::size_t messages = 0;
    for (const TracedRange& range : lease.traces) {
      EXPECT_EQ(range.trace, *trace);
      messages += range.range.last - range.range.first + 1;
    }
    EXPECT_EQ(messages, is_traced ? lease.messages.size() : 0) << id;
  }
}

}  // namespace segrid::queue
