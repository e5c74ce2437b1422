// TOO_LARGE at exactly its boundary, on all four ways.

#include <string>

#include "core/codec/event_writer.h"
#include "core/codec/json_reader.h"
#include "core/pipeline/transform_batch.h"
#include "gtest/gtest.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::pipeline {
namespace {

using transform::Options;
using transform::Reason;

constexpr std::size_t kBatchBytes = std::string_view("{\"batch\":[]}").size();

// An event whose Track grows with `filler`, as JSON and typed.
struct Sample {
  std::string json;
  std::string typed;
};

// JSON of a text, escaped more than need be when `wordy`.
std::string JsonText(std::string_view text, bool wordy) {
  std::string json = "\"";
  for (const char c : text) {
    char escape[8];
    std::snprintf(escape, sizeof(escape), "\\u%04x",
                  static_cast<unsigned char>(c));
    const bool must = static_cast<unsigned char>(c) < 0x20 || c == '"';
    json += must || wordy ? std::string(escape) : std::string(1, c);
  }
  return json + "\"";
}

// `{"event":…}` around a filler that is the custom argument `x`.
Sample MakeSample(const std::string& filler, bool wordy) {
  v1::TransformRequest request;
  v1::SendGridEvent& event = *request.add_events();
  event.set_event("open");
  event.set_email("a@b.c");
  event.set_timestamp(1);
  event.set_sg_event_id("id");
  (*event.mutable_custom_args())["x"] = filler;
  return {R"([{"event":"open","email":"a@b.c","timestamp":1,)"
          R"("sg_event_id":"id","x":)" +
              JsonText(filler, wordy) + "}]",
          request.SerializeAsString()};
}

class TrackSize : public ::testing::Test {
 protected:
  // Transforms all four ways, which must agree; the reason, or kNone.
  Reason Transform(const Sample& sample, const Options& options) {
    const Reason first = TransformOne(sample, 0, options);
    json_bytes_ = result_.output.size() - kBatchBytes;
    for (int way = 1; way < 4; ++way) {
      EXPECT_EQ(TransformOne(sample, way, options), first) << way;
    }
    return first;
  }

  Reason TransformOne(const Sample& sample, int way, const Options& options) {
    const bool typed = way >= 2;
    const Input input{
        typed ? Input::Form::kTypedRequest : Input::Form::kWebhookJson,
        typed ? sample.typed : sample.json};
    EXPECT_TRUE(
        transformer_
            .Transform(input, options,
                       way % 2 == 0 ? Output::kBatchJson : Output::kTracks, 0,
                       result_)
            .ok());
    EXPECT_EQ(result_.counts.events, 1);
    EXPECT_EQ(result_.counts.tracks + result_.counts.rejected, 1);
    EXPECT_EQ(result_.output.size() > kBatchBytes, result_.issues.empty());
    return result_.issues.empty() ? Reason::kNone : result_.issues[0].reason;
  }

  // The boundary must be met exactly: each further byte of filler is
  // `bytes_each` bytes of JSON.
  void ExpectBoundary(char filler, std::size_t bytes_each, bool wordy,
                      const Options& options) {
    SCOPED_TRACE(int{filler});
    ASSERT_EQ(Transform(MakeSample("", wordy), options), Reason::kNone);
    ASSERT_EQ(Transform(MakeSample("yy", wordy), options), Reason::kNone);
    const std::size_t base = json_bytes_ - 2;
    const std::size_t count = (31'999 - base) / bytes_each;
    const std::size_t rest = 31'999 - base - count * bytes_each;
    for (const std::size_t more : {0u, 1u, 2u, 3u}) {
      const std::string text =
          std::string(count, filler) + std::string(rest + more, 'y');
      const Reason reason = Transform(MakeSample(text, wordy), options);
      EXPECT_EQ(reason, more <= 1 ? Reason::kNone : Reason::kTooLarge) << more;
      if (reason == Reason::kNone) {
        EXPECT_EQ(json_bytes_, 31'999 + more);
      }
    }
  }

  BatchTransformer transformer_;
  TransformResult result_;
  std::size_t json_bytes_ = 0;
};

Options WithArgs() {
  Options options;
  options.custom_args.all = true;
  return options;
}

TEST_F(TrackSize, ATrackOf32000BytesIsTheLargest) {
  ExpectBoundary('x', 1, false, WithArgs());
}

TEST_F(TrackSize, EscapesCountAsTheyAreWritten) {
  ExpectBoundary('"', 2, false, WithArgs());
  ExpectBoundary('\n', 2, false, WithArgs());
  ExpectBoundary('\x01', 6, false, WithArgs());
}

TEST_F(TrackSize, EscapesThatNeedNotBeDoNotCount) {
  ExpectBoundary('x', 1, true, WithArgs());
  ExpectBoundary('"', 2, true, WithArgs());
}

TEST_F(TrackSize, ALargeEventWithASmallTrackIsFine) {
  EXPECT_EQ(Transform(MakeSample(std::string(500'000, 'x'), false), Options()),
            Reason::kNone);
}

// A small event cannot give a large Track, whatever is repeated and escaped.
TEST_F(TrackSize, ASmallEventAlwaysFits) {
  Options options = WithArgs();
  options.user_id_from = "x";
  options.subject_from = {"x"};
  options.spec_context = true;
  for (std::size_t size = 0; size < 1'100; size += 50) {
    EXPECT_EQ(Transform(MakeSample(std::string(size, '\x01'), false), options),
              Reason::kNone);
    EXPECT_LE(json_bytes_, 32'000u);
  }
}

TEST_F(TrackSize, ATooLargeTrackLeavesNothingBehind) {
  const Sample large = MakeSample(std::string(40'000, 'x'), false);
  const Sample small = MakeSample("s", false);
  ASSERT_EQ(Transform(small, WithArgs()), Reason::kNone);
  TransformOne(small, 0, WithArgs());
  const std::string alone(result_.output.view());
  const std::string track = alone.substr(10, alone.size() - 12);
  const std::string s = small.json.substr(1, small.json.size() - 2);
  const std::string l = large.json.substr(1, large.json.size() - 2);
  for (const auto& [body, tracks] :
       std::vector<std::pair<std::string, int>>{{l, 0},
                                                {l + "," + s, 1},
                                                {s + "," + l, 1},
                                                {s + "," + l + "," + s, 2},
                                                {l + "," + l, 0}}) {
    const std::string whole = "[" + body + "]";
    ASSERT_TRUE(transformer_
                    .Transform({Input::Form::kWebhookJson, whole}, WithArgs(),
                               Output::kBatchJson, 0, result_)
                    .ok());
    EXPECT_EQ(result_.counts.tracks, tracks);
    std::string expected = "{\"batch\":[";
    for (int i = 0; i < tracks; ++i) expected += (i > 0 ? "," : "") + track;
    EXPECT_EQ(result_.output.view(), expected + "]}");
    ASSERT_TRUE(transformer_
                    .Transform({Input::Form::kWebhookJson, whole}, WithArgs(),
                               Output::kTracks, 0, result_)
                    .ok());
    v1::TransformResponse response;
    ASSERT_TRUE(response.ParseFromArray(
        result_.output.begin(), static_cast<int>(result_.output.size())));
    EXPECT_EQ(response.tracks_size(), tracks);
  }
}

}  // namespace
}  // namespace segrid::pipeline
