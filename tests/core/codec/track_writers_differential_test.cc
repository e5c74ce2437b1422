// Random Tracks through both writers, read back by parsers that are not ours.

#include <string>

#include "core/codec/event_writer.h"
#include "core/codec/json_reader.h"
#include "core/codec/json_writer.h"
#include "core/codec/wire_reader.h"
#include "core/codec/wire_writer.h"
#include "core/transform/convert.h"
#include "core/transform/transformer.h"
#include "gtest/gtest.h"
#include "segrid/v1/bridge.pb.h"
#include "tests/testing/event_dump.h"
#include "tests/testing/json_maker.h"
#include "tests/testing/options_maker.h"
#include "tests/testing/random.h"
#include "tests/testing/track_as_json.h"
#include "tests/testing/wire_maker.h"

namespace segrid::codec {
namespace {

namespace json = boost::json;
using testing::Args;
using testing::DumpEvent;
using testing::JsonMaker;
using testing::Random;
using testing::WireMaker;

// Writes Tracks in both forms and compares what was written with the Track.
class Writers {
 public:
  void Check(Track& track) {
    const json::value expected = testing::TrackAsJson(track);
    output_.Clear();
    const std::size_t size = json_.Append(track, output_);
    ASSERT_EQ(size, output_.size());
    ASSERT_EQ(testing::ParseTwice(output_.view()), expected) << output_.view();
    ASSERT_EQ(output_.view().substr(JsonWriter::kMessageIdOffset,
                                    track.message_id_size),
              track.message_id_text());
    output_.Clear();
    wire_.Append(1, track, output_);
    ASSERT_TRUE(response_.ParseFromArray(output_.begin(),
                                         static_cast<int>(output_.size())));
    ASSERT_EQ(response_.tracks_size(), 1);
    ASSERT_EQ(testing::TrackAsJson(response_.tracks(0)), expected);
    // Nothing is written that the generated class does not know or would write
    // in another form.
    ASSERT_EQ(response_.ByteSizeLong(), output_.size());
    ++checked_;
  }
  int checked() const { return checked_; }

 private:
  JsonWriter json_;
  WireWriter wire_;
  OutputBuffer output_;
  v1::TransformResponse response_;
  int checked_ = 0;
};

TEST(TrackWriters, TracksOfJsonEventsAreReadBackByFourParsers) {
  Random random(testing::TestSeed());
  JsonMaker maker(random);
  JsonReader reader;
  Event event;
  Track track;
  transform::Transformer transformer;
  Writers writers;
  while (writers.checked() < 20'000) {
    const std::string body = maker.Body(10, random.OneIn(10));
    const transform::Options options = testing::RandomOptions(random);
    ASSERT_TRUE(reader.Open(body).ok());
    for (auto step = reader.Next(event); step != JsonReader::Step::kEnd;
         step = reader.Next(event)) {
      ASSERT_NE(step, JsonReader::Step::kError) << body;
      if (step != JsonReader::Step::kEvent ||
          transformer.Transform(event, options, track) !=
              transform::Reason::kNone) {
        continue;
      }
      writers.Check(track);
      if (HasFatalFailure()) FAIL() << body;
    }
  }
}

TEST(TrackWriters, TracksOfTypedEventsAreReadBackByFourParsers) {
  Random random(testing::TestSeed());
  WireMaker maker(random);
  Event event;
  Track track;
  transform::Transformer transformer;
  Writers writers;
  for (int tries = 0; writers.checked() < 20'000; ++tries) {
    ASSERT_LT(tries, 2'000'000) << "the events say too little";
    v1::SendGridEvent essentials;
    essentials.set_email("Ada@Example.com");
    essentials.set_event(
        std::string(random.PickFrom(catalog::kEvents).sendgrid));
    essentials.set_timestamp(
        1 + static_cast<std::int64_t>(random.Below(253'402'300'799'999)));
    const std::string bytes = maker.Event(20) + essentials.SerializeAsString();
    ASSERT_TRUE(ReadWireEvent(bytes, event));
    // The Track's names may be views of it.
    const transform::Options options = testing::RandomOptions(random);
    if (transformer.Transform(event, options, track) !=
        transform::Reason::kNone) {
      continue;
    }
    writers.Check(track);
    if (HasFatalFailure()) FAIL() << essentials.DebugString();
  }
}

// Typed events have whole seconds, or milliseconds from 1e11 on: not the
// fractions of before 1973, nor seconds so large.
bool TypedEventsCanSay(const Event& event) {
  constexpr std::int64_t kFirstMilliseconds = 100'000'000'000;
  const Value time = event.Get(catalog::Field("timestamp"));
  if (time.kind != Kind::kInteger) return true;
  const bool is_large = time.integer >= kFirstMilliseconds;
  return time.unit() == TimeUnit::kByMagnitude ||
         (time.unit() == TimeUnit::kMilliseconds) == is_large;
}

TEST(EventWriter, WritesWhatTheGeneratedClassAndOurReaderReadBack) {
  Random random(testing::TestSeed());
  JsonMaker maker(random);
  JsonReader reader;
  Event event;
  Event again;
  OutputBuffer output;
  v1::TransformRequest request;
  for (int checked = 0; checked < 20'000;) {
    const std::string body = maker.Body(10, random.OneIn(10));
    ASSERT_TRUE(reader.Open(body).ok());
    for (auto step = reader.Next(event); step != JsonReader::Step::kEnd;
         step = reader.Next(event)) {
      if (step != JsonReader::Step::kEvent) continue;
      transform::FieldCounts counts;
      transform::ConvertAll(event, counts);
      if (!TypedEventsCanSay(event)) continue;
      const std::string expected = DumpEvent(event, Args::kFolded);
      output.Clear();
      AppendTypedEvent(1, event, output);
      ASSERT_TRUE(request.ParseFromArray(output.begin(),
                                         static_cast<int>(output.size())));
      ASSERT_EQ(request.events_size(), 1);
      ASSERT_EQ(DumpEvent(request.events(0)), expected) << body;
      ASSERT_TRUE(ReadWireEvent(request.events(0).SerializeAsString(), again));
      const std::string bytes = request.events(0).SerializeAsString();
      ASSERT_TRUE(ReadWireEvent(bytes, again));
      ASSERT_EQ(DumpEvent(again, Args::kFolded), expected) << body;
      ++checked;
    }
  }
}

}  // namespace
}  // namespace segrid::codec
