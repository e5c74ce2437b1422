// The first half of Forward: one chunk of Tracks for each source.

#include "core/pipeline/forward_batch.h"

#include <string>
#include <vector>

#include "core/base/error_info.h"
#include "core/pipeline/transform_batch.h"
#include "gtest/gtest.h"
#include "tests/testing/data_files.h"
#include "tests/testing/json_maker.h"
#include "tests/testing/options_maker.h"
#include "tests/testing/random.h"

namespace segrid::pipeline {
namespace {

using testing::Random;
using transform::Options;
using transform::Reason;

Input Json(std::string_view body) { return {Input::Form::kWebhookJson, body}; }

// The lanes of sources with these settings.
class Lanes {
 public:
  explicit Lanes(std::vector<Options> options) : options_(std::move(options)) {
    names_.resize(options_.size());
    for (std::size_t i = 0; i < options_.size(); ++i) {
      names_[i] = std::string(1, static_cast<char>('a' + i));
      ForwardLane& lane = lanes.emplace_back();
      lane.name = &names_[i];
      lane.options = &options_[i];
    }
  }

  std::vector<ForwardLane> lanes;
  std::vector<Issue> issues;
  Counts counts;

 private:
  std::vector<Options> options_;
  std::vector<std::string> names_;
};

Options Selecting(std::string_view filter, std::string tag) {
  Options options;
  options.events = std::uint32_t{1} << catalog::FindFilter(filter);
  options.tag = std::move(tag);
  return options;
}

// The Tracks of a source with `original_timestamp` have it; those of the source
// beside it have it not.
TEST(ForwardTransformer, TellsTheOriginalTimestampToWhoWantsIt) {
  Options wants;
  wants.original_timestamp = true;
  Lanes lanes({Options(), wants, Options()});
  ASSERT_TRUE(
      ForwardTransformer()
          .Transform(Json(R"([{"event":"open","email":"a@example.com",)"
                          R"("timestamp":1591726752,"sg_event_id":"e"}])"),
                     10, lanes.lanes, lanes.issues, lanes.counts)
          .ok());
  const auto json = [&lanes](std::size_t lane) {
    return std::string(lanes.lanes[lane].json.view());
  };
  EXPECT_TRUE(json(1).ends_with(
      R"(,"originalTimestamp":"2020-06-09T18:19:12.000Z","channel":"server"})"))
      << json(1);
  for (const std::size_t other : {0u, 2u}) {
    EXPECT_EQ(json(other).find("originalTimestamp"), std::string::npos);
    EXPECT_EQ(json(other).find("channel"), std::string::npos);
  }
}

// A lane must hold what Transform gives with the same settings, byte by byte,
// and its messages must point at their Tracks and ids.
void ExpectLaneIsTransform(const ForwardLane& lane, std::string_view body) {
  BatchTransformer transformer;
  TransformResult result;
  ASSERT_TRUE(
      transformer
          .Transform(Json(body), *lane.options, Output::kBatchJson, 0, result)
          .ok());
  const std::string batch =
      "{\"batch\":[" + std::string(lane.json.view()) + "]}";
  ASSERT_EQ(batch, result.output.view());
  ASSERT_EQ(static_cast<std::int32_t>(lane.messages.size()),
            result.counts.tracks);
  ASSERT_EQ(lane.skipped, result.counts.skipped);
  ASSERT_EQ(lane.rejected, result.counts.rejected);
  std::size_t at = 0;
  for (const queue::Message& message : lane.messages) {
    ASSERT_EQ(message.offset, at);
    at += message.size_bytes + 1;
    const std::string_view track =
        lane.json.view().substr(message.offset, message.size_bytes);
    ASSERT_TRUE(track.starts_with("{\"type\":\"track\",\"messageId\":\""));
    ASSERT_TRUE(track.ends_with("}}"));
    const std::string_view id =
        lane.json.view().substr(message.id_offset, message.id_size_bytes);
    ASSERT_EQ(track.substr(message.id_offset - message.offset - 13, 13),
              "\"messageId\":\"");
    ASSERT_EQ(lane.json.view()[message.id_offset + message.id_size_bytes], '"');
    ASSERT_FALSE(id.empty());
  }
  ASSERT_EQ(at, lane.messages.empty() ? 0 : lane.json.size() + 1);
}

TEST(ForwardBatch, EachLaneHoldsWhatTransformGives) {
  Random random(testing::TestSeed());
  testing::JsonMaker maker(random);
  ForwardTransformer transformer;
  for (int i = 0; i < 2'000; ++i) {
    const std::string body = maker.Body(10, random.OneIn(10));
    std::vector<Options> options(1 + random.Below(4));
    for (Options& one : options) one = testing::RandomOptions(random);
    Lanes lanes(options);
    ASSERT_TRUE(
        transformer
            .Transform(Json(body), 0, lanes.lanes, lanes.issues, lanes.counts)
            .ok());
    for (const ForwardLane& lane : lanes.lanes) {
      ExpectLaneIsTransform(lane, body);
      ASSERT_EQ(static_cast<std::int32_t>(lane.messages.size()) + lane.skipped +
                    lane.rejected,
                lanes.counts.events);
      if (HasFatalFailure()) FAIL() << body;
    }
  }
}

TEST(ForwardBatch, EachLaneHoldsWhatTransformGivesOfRealBodies) {
  ForwardTransformer transformer;
  for (const auto& [name, body] : testing::RealBodies()) {
    Lanes lanes({Options(), testing::EverythingSelected()});
    if (!transformer
             .Transform(Json(body), 0, lanes.lanes, lanes.issues, lanes.counts)
             .ok()) {
      continue;
    }
    for (const ForwardLane& lane : lanes.lanes) {
      ExpectLaneIsTransform(lane, body);
    }
  }
}

TEST(ForwardBatch, ATrackThatIsTooLargeLeavesNothingBehind) {
  const auto event = [](const std::string& text) {
    return R"({"event":"open","email":"a","timestamp":1,"x":")" + text + "\"}";
  };
  const std::string good = event("x");
  const std::string large = event(std::string(kMaxTrackBytes, 'x'));
  Options options;
  options.custom_args.all = true;
  ForwardTransformer transformer;
  for (const std::string& body :
       {"[" + large + "]", "[" + large + "," + good + "]",
        "[" + good + "," + large + "," + good + "]"}) {
    Lanes lanes({options, Options()});
    ASSERT_TRUE(
        transformer
            .Transform(Json(body), 0, lanes.lanes, lanes.issues, lanes.counts)
            .ok());
    EXPECT_EQ(lanes.lanes.at(0).rejected, 1);
    EXPECT_EQ(lanes.lanes.at(1).rejected, 0);
    for (const ForwardLane& lane : lanes.lanes) {
      ExpectLaneIsTransform(lane, body);
    }
  }
}

TEST(ForwardBatch, AnIssueIsOfAllLanesOrOfOne) {
  const std::string body =
      R"([{"event":"open","email":"a","timestamp":1},{"event":"x"},7,)"
      R"({"event":"click","email":"a","timestamp":1},)"
      R"({"event":"processed","email":"a","timestamp":1},)"
      R"({"event":"open","timestamp":1}])";
  Lanes lanes({Selecting("open", "aaaa"), Selecting("click", "bbbb")});
  ForwardTransformer transformer;
  ASSERT_TRUE(
      transformer
          .Transform(Json(body), 0, lanes.lanes, lanes.issues, lanes.counts)
          .ok());
  struct Expected {
    std::int32_t index;
    Reason reason;
    std::int32_t source;
  };
  const std::vector<Expected> expected = {
      {0, Reason::kEventNotSelected, 1},  {1, Reason::kUnsupportedEvent, -1},
      {2, Reason::kNotAnObject, -1},      {3, Reason::kEventNotSelected, 0},
      {4, Reason::kEventNotSelected, -1}, {5, Reason::kMissingEmail, 0},
      {5, Reason::kEventNotSelected, 1}};
  ASSERT_EQ(lanes.issues.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(lanes.issues[i].index, expected[i].index) << i;
    EXPECT_EQ(lanes.issues[i].reason, expected[i].reason) << i;
    EXPECT_EQ(lanes.issues[i].source, expected[i].source) << i;
  }
  EXPECT_EQ(lanes.lanes.at(0).skipped, 3);
  EXPECT_EQ(lanes.lanes.at(0).rejected, 2);
  EXPECT_EQ(lanes.lanes.at(1).skipped, 4);
  EXPECT_EQ(lanes.lanes.at(1).rejected, 1);
}

// What the first lane converted is not counted again for the second.
TEST(ForwardBatch, ConversionsAreCountedOnceWhateverTheLanes) {
  const std::string body =
      R"([{"event":"open","email":"a","timestamp":"1","category":[1,{}],)"
      R"("pool":{"id":7,"name":{}},"x":5}])";
  Options options = testing::EverythingSelected();
  ForwardTransformer transformer;
  for (const std::size_t count : {1u, 2u, 5u}) {
    Lanes lanes(std::vector<Options>(count, options));
    ASSERT_TRUE(
        transformer
            .Transform(Json(body), 0, lanes.lanes, lanes.issues, lanes.counts)
            .ok());
    EXPECT_EQ(lanes.counts.field_coerced, 4) << count;
    EXPECT_EQ(lanes.counts.field_dropped, 2) << count;
  }
}

TEST(ForwardBatch, RepairedBytesAreCountedOnceWhateverTheLanes) {
  const std::string body =
      "[{\"event\":\"open\",\"email\":\"a\",\"timestamp\":1,\"reason\":"
      "\"\xE9\"}]";
  ForwardTransformer transformer;
  for (const std::size_t count : {1u, 3u}) {
    Lanes lanes(std::vector<Options>(count, testing::EverythingSelected()));
    ASSERT_TRUE(
        transformer
            .Transform(Json(body), 0, lanes.lanes, lanes.issues, lanes.counts)
            .ok());
    EXPECT_EQ(lanes.counts.field_coerced, 1) << count;
  }
}

TEST(ForwardBatch, ErrorsAreThoseOfTransform) {
  ForwardTransformer transformer;
  const auto reason_of = [&transformer](std::string_view body,
                                        std::int32_t limit) {
    Lanes lanes({Options()});
    return base::ReasonOf(transformer.Transform(Json(body), limit, lanes.lanes,
                                                lanes.issues, lanes.counts));
  };
  EXPECT_EQ(reason_of("", 0), "INVALID_JSON");
  EXPECT_EQ(reason_of("[{}", 0), "INVALID_JSON");
  EXPECT_EQ(reason_of("{}", 0), "NOT_AN_ARRAY");
  EXPECT_EQ(reason_of("[1,2,3]", 2), "TOO_MANY_EVENTS");
  EXPECT_EQ(reason_of("[1,2,3]", 3), "");
  Lanes lanes({Options()});
  EXPECT_EQ(base::ReasonOf(transformer.Transform(
                {Input::Form::kTypedRequest, "\x0A\x05x"}, 0, lanes.lanes,
                lanes.issues, lanes.counts)),
            "MALFORMED_REQUEST");
}

}  // namespace
}  // namespace segrid::pipeline
