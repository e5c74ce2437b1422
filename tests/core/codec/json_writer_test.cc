#include "core/codec/json_writer.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/base/version.h"
#include "gtest/gtest.h"

namespace segrid::codec {
namespace {

std::string Json(const Track& track) {
  OutputBuffer output;
  JsonWriter().Append(track, output);
  return std::string(output.view());
}

// A Track with nothing but what every Track has.
struct Bare {
  Bare() {
    track.event = &event;
    std::string_view("id").copy(track.message_id.data(), 2);
    track.message_id_size = 2;
    track.anonymous_id.fill('0');
    track.timestamp_ms = 1'591'726'752'000;
    event.source_bytes = 100;
  }
  Event event;
  Track track;
};

std::string Expected(std::string_view user_id, std::string_view event,
                     std::string_view time, std::string_view properties) {
  return "{\"type\":\"track\",\"messageId\":\"id\",\"anonymousId\":\"" +
         std::string(64, '0') + "\"" + std::string(user_id) + ",\"event\":\"" +
         std::string(event) + "\",\"timestamp\":\"" + std::string(time) +
         "\",\"properties\":{" + std::string(properties) +
         "},\"context\":{\"library\":{\"name\":\"segrid\",\"version\":\"" +
         std::string(base::kVersion) + "\"},\"traits\":{}}}";
}

TEST(JsonWriter, WritesTheLeastTrack) {
  EXPECT_EQ(Json(Bare().track),
            Expected("", "Email Processed", "2020-06-09T18:19:12.000Z", ""));
}

TEST(JsonWriter, EndsWithTheOriginalTimestampWhereItIsWanted) {
  Bare bare;
  bare.track.original_timestamp = true;
  std::string want =
      Expected("", "Email Processed", "2020-06-09T18:19:12.000Z", "");
  want.pop_back();
  want +=
      ",\"originalTimestamp\":\"2020-06-09T18:19:12.000Z\","
      "\"channel\":\"server\"}";
  EXPECT_EQ(Json(bare.track), want);
}

TEST(JsonWriter, WritesValuesWithTheMinimalEscapes) {
  Bare bare;
  bare.track.user_id = Value(Kind::kText, "a\"b\\c\n/\x01é");
  bare.track.extras = {
      {Value(Kind::kText, "k\""), Value(Kind::kEscapedText, R"(\/\u0041\t)")},
      {Value(Kind::kCleanText, "n"), Value::OfInteger(-5)},
      {Value(Kind::kCleanText, "t"), Value::OfKind(Kind::kTrue)},
      {Value(Kind::kCleanText, "f"), Value::OfKind(Kind::kFalse)}};
  const std::vector<Value> items = {Value(Kind::kText, "x\""),
                                    Value(Kind::kCleanText, "y")};
  Value list = Value::OfKind(Kind::kList);
  list.items = items.data();
  list.size = 2;
  bare.track.extras.push_back({Value(Kind::kCleanText, "l"), list});
  EXPECT_EQ(
      Json(bare.track),
      Expected(R"(,"userId":"a\"b\\c\n/\u0001é")", "Email Processed",
               "2020-06-09T18:19:12.000Z",
               R"("k\"":"/A\t","n":-5,"t":true,"f":false,"l":["x\"","y"])"));
}

TEST(JsonWriter, WritesEveryDayAsAbseilDoes) {
  Bare bare;
  OutputBuffer output;
  JsonWriter writer;
  constexpr std::int64_t kDayMs = 86'400'000;
  // Every 11th day up to the end of the year 9999, at odd times.
  for (std::int64_t day = 0; day < 2'932'897; day += 11) {
    const std::int64_t ms = day * kDayMs + 1 + day * 7'919 % kDayMs;
    bare.track.timestamp_ms = ms;
    output.Clear();
    writer.Append(bare.track, output);
    const std::string time = absl::FormatTime(
        "%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMillis(ms), absl::UTCTimeZone());
    ASSERT_NE(output.view().find("\"timestamp\":\"" + time + "\""),
              std::string_view::npos)
        << time << " in " << output.view();
  }
}

TEST(JsonWriter, TimesOfOneDayDoNotMix) {
  Bare bare;
  OutputBuffer output;
  JsonWriter writer;
  for (const auto& [ms, text] :
       std::vector<std::pair<std::int64_t, std::string>>{
           {1, "1970-01-01T00:00:00.001Z"},
           {86'399'999, "1970-01-01T23:59:59.999Z"},
           {86'400'000, "1970-01-02T00:00:00.000Z"},
           {86'399'000, "1970-01-01T23:59:59.000Z"},
           {951'782'400'000, "2000-02-29T00:00:00.000Z"},
           {253'402'300'799'999, "9999-12-31T23:59:59.999Z"}}) {
    bare.track.timestamp_ms = ms;
    output.Clear();
    writer.Append(bare.track, output);
    EXPECT_EQ(output.view(), Expected("", "Email Processed", text, ""));
  }
}

// A text of typed input may grow sixfold, wherever it appears.
TEST(JsonWriter, StaysWithinTheRoomThatItAskedFor) {
  Bare bare;
  bare.event.from_wire = true;
  for (const std::size_t size : {0u, 1u, 1'000u, 30'000u}) {
    const std::string text(size, '\x01');
    const Value value(Kind::kText, text);
    bare.event.source_bytes = 2 * size;  // Key and value.
    bare.track.user_id = value;
    bare.track.properties[2] = value;  // email_subject
    bare.track.extras = {{value, value}};
    OutputBuffer output;
    const std::size_t written = JsonWriter().Append(bare.track, output);
    EXPECT_GE(written, 4 * 6 * size);
    const OutputBuffer::Released released = output.Release();
    EXPECT_LE(released.data + released.size,
              released.storage + released.capacity);
    std::free(released.storage);
  }
}

TEST(JsonWriter, ReturnsTheSizeAndAppends) {
  Bare bare;
  OutputBuffer output;
  JsonWriter writer;
  output.Append("[");
  const std::size_t size = writer.Append(bare.track, output);
  EXPECT_EQ(output.size(), size + 1);
  writer.Append(bare.track, output);
  EXPECT_EQ(output.view().substr(1, size), output.view().substr(1 + size));
}

}  // namespace
}  // namespace segrid::codec
