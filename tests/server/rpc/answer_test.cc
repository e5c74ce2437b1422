#include "server/rpc/answer.h"

#include <string>

#include "core/base/error_info.h"
#include "gtest/gtest.h"
#include "segrid/v1/bridge.pb.h"
#include "tests/testing/random.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;
using codec::OutputBuffer;
using testing::Random;
using testing::TestSeed;

template <typename Message>
Message Parse(const OutputBuffer& out) {
  Message message;
  EXPECT_TRUE(
      message.ParseFromArray(out.begin(), static_cast<int>(out.size())));
  EXPECT_TRUE(message.GetReflection()->GetUnknownFields(message).empty());
  return message;
}

std::int32_t Count(Random& random) {
  return random.OneIn(3) ? 0 : static_cast<std::int32_t>(random.Below(1 << 20));
}

std::vector<pipeline::Issue> Issues(Random& random, std::size_t sources) {
  std::vector<pipeline::Issue> issues(random.Below(5));
  for (pipeline::Issue& issue : issues) {
    issue.index = Count(random);
    issue.reason = static_cast<transform::Reason>(1 + random.Below(8));
    issue.source = static_cast<std::int32_t>(random.Below(sources + 1)) - 1;
  }
  return issues;
}

void ExpectSameIssue(const api::EventIssue& got, const pipeline::Issue& want) {
  const transform::ReasonRow& row = transform::Describe(want.reason);
  EXPECT_EQ(got.index(), want.index);
  EXPECT_EQ(got.outcome(), static_cast<int>(row.outcome));
  EXPECT_EQ(api::Reason_Name(got.reason()), "REASON_" + std::string(row.name));
  EXPECT_EQ(got.field(), row.field);
  EXPECT_EQ(got.detail(), row.detail);
}

pipeline::TransformResult RandomTransform(Random& random) {
  pipeline::TransformResult result;
  result.output.Clear();
  result.counts = {Count(random), Count(random), Count(random),
                   Count(random), Count(random), Count(random)};
  result.issues = Issues(random, 0);
  return result;
}

void ExpectSameCounts(const api::TransformResponse& got,
                      const pipeline::Counts& want) {
  EXPECT_EQ(got.event_count(), want.events);
  EXPECT_EQ(got.track_count(), want.tracks);
  EXPECT_EQ(got.skipped_count(), want.skipped);
  EXPECT_EQ(got.rejected_count(), want.rejected);
  EXPECT_EQ(got.field_coerced_count(), want.field_coerced);
  EXPECT_EQ(got.field_dropped_count(), want.field_dropped);
}

TEST(TransformAnswer, IsWhatTheGeneratedClassReads) {
  Random random(TestSeed());
  for (int i = 0; i < 2'000 && !HasFailure(); ++i) {
    pipeline::TransformResult result = RandomTransform(random);
    api::TransformResponse tracks;
    for (std::size_t n = random.Below(4); n > 0; --n) {
      tracks.add_tracks()->set_message_id(std::string(random.Below(300), 'm'));
    }
    result.output.Append(tracks.SerializeAsString());
    EncodeTransformResponse(pipeline::Output::kTracks, result);
    const auto got = Parse<api::TransformResponse>(result.output);
    EXPECT_EQ(got.tracks_size(), tracks.tracks_size());
    ExpectSameCounts(got, result.counts);
    ASSERT_EQ(got.issues_size(), static_cast<int>(result.issues.size()));
    for (int k = 0; k < got.issues_size(); ++k) {
      ExpectSameIssue(got.issues(k),
                      result.issues[static_cast<std::size_t>(k)]);
    }
  }
}

TEST(TransformAnswer, HasTheBatchInFront) {
  Random random(TestSeed());
  // Around the sizes where the header grows.
  for (const std::size_t size :
       {1u, 127u, 128u, 16'383u, 16'384u, 3'000'000u}) {
    pipeline::TransformResult result = RandomTransform(random);
    const std::string batch(size, 'b');
    result.output.Append(batch);
    EncodeTransformResponse(pipeline::Output::kBatchJson, result);
    const auto got = Parse<api::TransformResponse>(result.output);
    EXPECT_EQ(got.batch_json(), batch);
    ExpectSameCounts(got, result.counts);
  }
}

TEST(StreamAnswer, WrapsAResponseOfAnySize) {
  for (const std::size_t size : {0u, 1u, 127u, 128u, 16'384u, 3'000'000u}) {
    pipeline::TransformResult result;
    result.output.Clear();
    if (size > 0) result.output.Append(std::string(size, 'b'));
    EncodeTransformResponse(pipeline::Output::kBatchJson, result);
    WrapStreamResponse("id-1", result.output);
    const auto got = Parse<api::TransformStreamResponse>(result.output);
    EXPECT_EQ(got.request_id(), "id-1");
    ASSERT_TRUE(got.has_response());
    EXPECT_EQ(got.response().batch_json().size(), size);
  }
}

TEST(StreamAnswer, CarriesTheErrorWithItsDetails) {
  OutputBuffer out;
  out.Append("what was there before");
  EncodeStreamError(
      "id-2", base::MakeFieldError("NO_INPUT", "events", "is missing"), out);
  const auto got = Parse<api::ForwardStreamResponse>(out);
  EXPECT_EQ(got.request_id(), "id-2");
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code(), 3);
  EXPECT_EQ(got.error().message(), "is missing");
  EXPECT_EQ(got.error().details_size(), 2);
}

TEST(ForwardAnswer, IsWhatTheGeneratedClassReads) {
  Random random(TestSeed());
  for (int i = 0; i < 2'000 && !HasFailure(); ++i) {
    pipeline::ForwardResult result;
    result.events = Count(random);
    result.delivered = Count(random);
    result.pending = Count(random);
    result.dead_letters = Count(random);
    result.field_coerced = Count(random);
    result.field_dropped = Count(random);
    std::int64_t accepted = 0;
    result.sources.resize(random.Below(3));
    for (pipeline::SourceResult& source : result.sources) {
      source = {std::string(1 + random.Below(63), 's'), Count(random),
                Count(random), Count(random), Count(random)};
      accepted += source.accepted;
    }
    result.issues = Issues(random, result.sources.size());
    OutputBuffer out;
    EncodeForwardResponse(result, out);
    const auto got = Parse<api::ForwardResponse>(out);
    EXPECT_EQ(got.event_count(), result.events);
    EXPECT_EQ(got.accepted_count(), accepted);
    EXPECT_EQ(got.delivered_count(), result.delivered);
    EXPECT_EQ(got.pending_count(), result.pending);
    EXPECT_EQ(got.dead_letter_count(), result.dead_letters);
    EXPECT_EQ(got.field_coerced_count(), result.field_coerced);
    EXPECT_EQ(got.field_dropped_count(), result.field_dropped);
    ASSERT_EQ(got.sources_size(), static_cast<int>(result.sources.size()));
    for (int k = 0; k < got.sources_size(); ++k) {
      const auto& want = result.sources[static_cast<std::size_t>(k)];
      EXPECT_EQ(got.sources(k).source(), want.source);
      EXPECT_EQ(got.sources(k).accepted_count(), want.accepted);
      EXPECT_EQ(got.sources(k).duplicate_count(), want.duplicate);
      EXPECT_EQ(got.sources(k).skipped_count(), want.skipped);
      EXPECT_EQ(got.sources(k).rejected_count(), want.rejected);
    }
    ASSERT_EQ(got.issues_size(), static_cast<int>(result.issues.size()));
    for (int k = 0; k < got.issues_size(); ++k) {
      const auto& want = result.issues[static_cast<std::size_t>(k)];
      ExpectSameIssue(got.issues(k), want);
      EXPECT_EQ(
          got.issues(k).source(),
          want.source < 0
              ? ""
              : result.sources[static_cast<std::size_t>(want.source)].source);
    }
  }
}

}  // namespace
}  // namespace segrid::rpc
