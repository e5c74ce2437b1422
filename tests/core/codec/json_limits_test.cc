// Bodies at and beyond the limits: depth, size, nothing at all.

#include <algorithm>
#include <string>

#include "core/base/error_info.h"
#include "core/codec/json_reader.h"
#include "gtest/gtest.h"
#include "tests/testing/json_oracle.h"

namespace segrid::codec {
namespace {

using testing::JsonOracle;

std::string Repeat(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

std::string Join(std::string_view before, std::string_view text,
                 std::string_view after) {
  std::string joined(before);
  return joined.append(text).append(after);
}

// A body whose brackets are `depth` levels deep, all of one kind of place.
struct Shape {
  const char* name;
  std::size_t levels_around;
  std::string open;    // Around the innermost, once.
  std::string nested;  // Once for each further level.
  std::string inner;
  std::string nested_close;
  std::string close;
};

const Shape kShapes[] = {
    {"arrays", 1, "[", "[", "1", "]", "]"},
    {"empty arrays", 1, "[", "[", "", "]", "]"},
    {"objects", 1, "[", "{\"a\":", "1", "}", "]"},
    {"custom argument", 2, "[{\"x\":", "[", "1", "]", "}]"},
    {"custom argument, objects", 2, "[{\"x\":", "{\"a\":", "{}", "}", "}]"},
    {"known key", 2, "[{\"email\":", "[", "1", "]", "}]"},
    {"item of the list", 3, "[{\"category\":[", "[", "1", "]", "]}]"},
    {"member", 3, "[{\"pool\":{\"id\":", "[", "1", "]", "}}]"},
    {"no array", 0, "", "{\"a\":", "1", "}", ""},
};

std::string Nested(const Shape& shape, std::size_t depth) {
  const std::size_t levels =
      depth - shape.levels_around - (shape.inner == "{}" ? 1 : 0);
  return shape.open + Repeat(shape.nested, levels) + shape.inner +
         Repeat(shape.nested_close, levels) + shape.close;
}

TEST(JsonLimits, DepthIsLimitedTo1024Levels) {
  JsonOracle oracle;
  for (const Shape& shape : kShapes) {
    for (const std::size_t depth : {10u, 1022u, 1023u, 1024u, 1025u, 2000u}) {
      EXPECT_EQ(oracle.Compare(Nested(shape, depth)), "")
          << shape.name << ", " << depth;
      const bool is_array = shape.levels_around > 0;
      EXPECT_EQ(oracle.accepted(), depth <= 1024 && is_array)
          << shape.name << ", " << depth;
    }
  }
}

TEST(JsonLimits, TheErrorNamesTheDepth) {
  for (const Shape& shape : kShapes) {
    JsonReader reader;
    Event event;
    const std::string body = Nested(shape, 1025);
    absl::Status status = reader.Open(body);
    if (status.ok()) {
      EXPECT_EQ(reader.Next(event), JsonReader::Step::kError) << shape.name;
      status = reader.status();
    }
    EXPECT_NE(status.message().find("1,024 levels"), absl::string_view::npos)
        << shape.name << ": " << status;
  }
}

TEST(JsonLimits, AHundredThousandBracketsAreAnError) {
  JsonOracle oracle;
  for (const std::string_view piece :
       {"[", "{\"a\":", "[{\"a\":[", "{", "]", "}", "[]", "[{", "[\"", ":"}) {
    EXPECT_EQ(oracle.Compare(Repeat(piece, 100'000)), "") << piece;
    EXPECT_FALSE(oracle.accepted()) << piece;
  }
  EXPECT_EQ(oracle.Compare(Repeat("[", 100'000) + Repeat("]", 100'000)), "");
  EXPECT_FALSE(oracle.accepted());
}

TEST(JsonLimits, BodiesOfEverySmallSizeAreReadWithinTheirBytes) {
  JsonOracle oracle;
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string filler(size, 'x');
    const std::string slashes(size, '\\');
    for (const std::string& body :
         {std::string(size, ' '), Repeat("[", size), slashes,
          Join("[", std::string(size, ' '), "]"), Join("[\"", filler, "\"]"),
          Join("[{\"k\":\"", filler, "\"}]"), Join("[{\"k\":\"", filler, ""),
          Join("[", std::string(size, '1'), "]"),
          Join("[\"", slashes, "\"]")}) {
      EXPECT_EQ(oracle.Compare(body), "") << body;
    }
  }
}

TEST(JsonLimits, AFreshReaderRefusesAnEmptyBody) {
  for (const auto engine :
       {JsonIndex::Engine::kFastest, JsonIndex::Engine::kPortable}) {
    JsonReader reader(engine);
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(base::ReasonOf(reader.Open("")), "INVALID_JSON");
      EXPECT_EQ(base::ReasonOf(reader.Open(std::string_view())),
                "INVALID_JSON");
      EXPECT_TRUE(reader.Open("[]").ok());
      reader.Shrink();
    }
  }
}

TEST(JsonLimits, AByteOrderMarkIsSkippedOnce) {
  JsonOracle oracle;
  EXPECT_EQ(oracle.Compare("\xEF\xBB\xBF[]"), "");
  EXPECT_TRUE(oracle.accepted());
  for (const std::string_view body :
       {"\xEF\xBB\xBF", "\xEF\xBB\xBF\xEF\xBB\xBF[]", "\xEF\xBB[]"}) {
    EXPECT_EQ(oracle.Compare(body), "");
    EXPECT_FALSE(oracle.accepted());
  }
}

TEST(JsonLimits, AReaderThatFailedReadsTheNextBody) {
  JsonReader reader;
  Event event;
  const std::string bad = "[{\"email\":\"a\\n\"},{\"x\":tru}]";
  const std::string good = "[{\"email\":\"b\"}]";
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(reader.Open(bad).ok());
    EXPECT_EQ(reader.Next(event), JsonReader::Step::kEvent);
    EXPECT_EQ(reader.Next(event), JsonReader::Step::kError);
    EXPECT_EQ(reader.Next(event), JsonReader::Step::kError);
    ASSERT_TRUE(reader.Open(good).ok());
    EXPECT_EQ(reader.Next(event), JsonReader::Step::kEvent);
    EXPECT_EQ(event.Get(catalog::Field("email")).text(), "b");
    EXPECT_EQ(reader.Next(event), JsonReader::Step::kEnd);
    EXPECT_EQ(reader.Next(event), JsonReader::Step::kEnd);
    if (i == 1) reader.Shrink();
  }
}

TEST(JsonLimits, MemoryOfALargeBodyCanBeGivenBack) {
  JsonReader reader;
  Event event;
  std::string large = "[";
  for (int i = 0; i < 300'000; ++i) large += "{\"a\":1},";
  large.back() = ']';
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(reader.Open(large).ok());
    int events = 0;
    while (reader.Next(event) == JsonReader::Step::kEvent) ++events;
    EXPECT_EQ(events, 300'000);
    EXPECT_TRUE(reader.status().ok());
    reader.Shrink();
    ASSERT_TRUE(reader.Open("[]").ok());
    EXPECT_EQ(reader.Next(event), JsonReader::Step::kEnd);
  }
}

}  // namespace
}  // namespace segrid::codec
