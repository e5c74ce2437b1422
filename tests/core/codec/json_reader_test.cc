// What the reader makes of a body: one row per rule.

#include "core/codec/json_reader.h"

#include <string>
#include <vector>

#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/event_dump.h"

namespace segrid::codec {
namespace {

using Engine = JsonIndex::Engine;

// The elements as DumpEvent() shows them, or the error's message.
std::string Read(Engine engine, std::string_view body) {
  JsonReader reader(engine);
  Event event;
  if (const absl::Status status = reader.Open(body); !status.ok()) {
    return std::string(status.message());
  }
  std::string text;
  for (;;) {
    switch (reader.Next(event)) {
      case JsonReader::Step::kEvent:
        text += "event\n" + DumpEvent(event, testing::Args::kListed);
        break;
      case JsonReader::Step::kNotAnObject:
        text += "not an object\n";
        break;
      case JsonReader::Step::kEnd:
        return text;
      case JsonReader::Step::kError:
        return std::string(reader.status().message());
    }
  }
}

struct Row {
  const char* name;
  const char* body;
  const char* expected;
};

void ExpectRows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(Read(Engine::kFastest, row.body), row.expected) << row.name;
    EXPECT_EQ(Read(Engine::kPortable, row.body), row.expected) << row.name;
  }
}

TEST(JsonReader, ReadsValuesAsTheyAre) {
  ExpectRows({
      {"nothing", "[]", ""},
      {"white space", " \r\n\t[ \n ] \r\n", ""},
      {"an empty event", "[{}]", "event\n"},
      {"separators of some years", "[{},\r\n{}]\r\n", "event\nevent\n"},
      {"text", R"([{"email":"a@b.c"}])", "event\nemail = text a@b.c\n"},
      {"an escape", R"([{"email":"\u0061\n"}])", "event\nemail = text a\n\n"},
      {"a hyphen", R"([{"smtp-id":"<1>"}])", "event\nsmtp-id = text <1>\n"},
      {"a number", R"([{"timestamp":12}])", "event\ntimestamp = number 12\n"},
      {"a boolean", R"([{"tls":true}])", "event\ntls = true\n"},
      {"another type", R"([{"email":{"x":[1]}}])",
       "event\nemail = composite\n"},
      {"null and empty are missing",
       R"([{"email":null,"event":"","category":[]}])", "event\n"},
      {"a list", R"([{"category":["a",1,"",null,true,[2]]}])",
       "event\ncategory = list [text a], [number 1], [], [], [true], "
       "[composite]\n"},
      {"an object", R"([{"pool":{"name":"a\"","id":7,"other":1}}])",
       "event\npool = object\npool.name = text a\"\npool.id = number 7\n"},
      {"no object", R"([{"pool":[{"name":"a"}]}])",
       "event\npool = composite\n"},
      {"a key with escapes", R"([{"em\u0061il":"x"}])",
       "event\nemail = text x\n"},
  });
}

TEST(JsonReader, TheLastOfTwoKeysWins) {
  ExpectRows({
      {"text", R"([{"email":"a","email":"b"}])", "event\nemail = text b\n"},
      {"missing", R"([{"email":"a","email":null}])", "event\n"},
      {"a list", R"([{"category":["a","b"],"category":["c"]}])",
       "event\ncategory = list [text c]\n"},
      {"members do not stay", R"([{"pool":{"name":"a"},"pool":{"id":"b"}}])",
       "event\npool = object\npool.id = text b\n"},
      {"a member", R"([{"pool":{"id":"a","id":"b"}}])",
       "event\npool = object\npool.id = text b\n"},
      {"an object is no more", R"([{"pool":{"id":"a"},"pool":1}])",
       "event\npool = number 1\n"},
  });
}

TEST(JsonReader, UnknownKeysAreCustomArguments) {
  ExpectRows({
      {"all, in order", R"([{"b":1,"a":"x","b":true}])",
       "event\nargument b = number 1\nargument a = text x\n"
       "argument b = true\n"},
      {"missing ones override", R"([{"a":"x","a":null}])",
       "event\nargument a = text x\nargument a = missing\n"},
      {"composite", R"([{"a":{"email":"x"}}])",
       "event\nargument a = composite\n"},
      {"names of members", R"([{"name":"x","index":1}])",
       "event\nargument name = text x\nargument index = number 1\n"},
      {"no name", R"([{"":"x"}])", "event\nargument  = text x\n"},
      {"a name with escapes", R"([{"\u00e9\n":"x"}])",
       "event\nargument é\n = text x\n"},
      {"capitals", R"([{"Email":"x"}])", "event\nargument Email = text x\n"},
  });
}

TEST(JsonReader, ElementsThatAreNoObjectsAreCountedAndSkipped) {
  ExpectRows({
      {"all kinds", R"([1,"x",null,true,[{"email":"a"}],{"email":"b"},-0.5])",
       "not an object\nnot an object\nnot an object\nnot an object\n"
       "not an object\nevent\nemail = text b\nnot an object\n"},
  });
}

// json_mistake_test.cc has the messages.
TEST(JsonReader, RefusesABodyAsAWhole) {
  ExpectRows({
      {"nothing", "", "the body is not JSON: it is empty"},
      {"a control character", "[{},\"a\x01\"]",
       "the body is not JSON: a string contains a control character that is "
       "not escaped (byte 6), in element 1"},
      {"not UTF-8 outside a string", "[\xFF]",
       "the body is not JSON: a byte that is not UTF-8 is outside a string; "
       "is it Latin-1? (byte 1), in element 0"},
      {"an event after others", R"([{"email":"a"},{"email":tru}])",
       "the body is not JSON: a value is expected here, not a letter (byte "
       "24), "
       "in element "
       "1"},
      {"no array", "{}",
       "the body is one object, not an array: send an event as [{...}]; a lone "
       "event "
       "is what `segrid backfill` takes"},
  });
}

TEST(JsonReader, SkipsAByteOrderMark) {
  ExpectRows({
      {"before the array", "\xEF\xBB\xBF[{\"email\":\"a\"}]",
       "event\nemail = text a\n"},
      {"and white space", "\xEF\xBB\xBF \r\n[]", ""},
      {"in a text", "[{\"email\":\"\xEF\xBB\xBF\"}]",
       "event\nemail = text \xEF\xBB\xBF\n"},
      {"two of them", "\xEF\xBB\xBF\xEF\xBB\xBF[]",
       "the body is not JSON: a byte order mark is inside the body (byte "
       "3)"},
      {"behind white space", " \xEF\xBB\xBF[]",
       "the body is not JSON: a byte order mark is inside the body (byte "
       "1)"},
  });
}

// mapping.md, 3.9.
TEST(JsonReader, ReadsBytesInStringsThatAreNoUtf8AsReplacements) {
  ExpectRows({
      {"a value", "[{\"reason\":\"supprim\xE9\"}]",
       "event\nreason = text supprim\uFFFD\n"},
      {"a key", "[{\"cl\xE9\":\"x\"}]", "event\nargument cl\uFFFD = text x\n"},
      {"an item", "[{\"category\":[\"a\",\"\xFF\"]}]",
       "event\ncategory = list [text a], [text \uFFFD]\n"},
      {"beside an escape", "[{\"reason\":\"\\n\xE9\\\"\"}]",
       "event\nreason = text \n\uFFFD\"\n"},
      {"a key of the catalog is none then", "[{\"emai\xE9l\":\"x\"}]",
       "event\nargument emai\uFFFDl = text x\n"},
      {"an escape that is broken", "[\"\\\xE9\"]",
       "the body is not JSON: an escape is not legal (byte 2), in element 0"},
  });
}

TEST(JsonReader, CountsTheStringsThatItRepaired) {
  const struct {
    std::string_view body;
    std::int32_t strings;
  } rows[] = {
      {"[]", 0},
      {"[{\"a\":\"\xE9\"}]", 1},
      {"[{\"a\":\"\xE9 and \xE9\"}]", 1},
      {"[{\"\xE9\":\"\xE9\"},\"\xFF\",{\"category\":[\"\x80\",\"b\"]}]", 4},
      {"[{\"a\":\"\\\"\xE9\"}]", 1},
      {"[{\"a\":\"é\"}]", 0}};
  for (const Engine engine : {Engine::kFastest, Engine::kPortable}) {
    JsonReader reader(engine);
    for (const auto& row : rows) {
      EXPECT_TRUE(reader.Open(row.body).ok()) << row.body;
      EXPECT_EQ(reader.repaired_strings(), row.strings) << row.body;
    }
  }
}

TEST(JsonReader, SpreadsObjectsOfArguments) {
  ExpectRows({
      {"before the event's own",
       R"([{"a":"1","unique_args":{"b":2},"custom_args":{"c":{"x":1}}}])",
       "event\nargument b = number 2\nargument c = composite\n"
       "argument a = text 1\n"},
      {"the last of two", R"([{"custom_args":{"a":1},"custom_args":{"b":2}}])",
       "event\nargument b = number 2\n"},
      {"not when something else comes last",
       R"([{"custom_args":{"a":1},"custom_args":"x"}])",
       "event\nargument custom_args = text x\n"},
      {"in the next event it is forgotten",
       R"([{"custom_args":{"a":1}},{"b":"2"}])",
       "event\nargument a = number 1\nevent\nargument b = text 2\n"},
      {"no object", R"([{"custom_args":[1],"unique_args":"x"}])",
       "event\nargument custom_args = composite\n"
       "argument unique_args = text x\n"},
      {"a member of the object's own name",
       R"([{"custom_args":"a","b":1,"custom_args":{"custom_args":"c"}}])",
       "event\nargument custom_args = text c\nargument b = number 1\n"},
      {"values before both objects",
       R"([{"unique_args":1,"custom_args":2,"a":3,"unique_args":{"b":4},)"
       R"("custom_args":5,"custom_args":{"unique_args":6}}])",
       "event\nargument b = number 4\nargument unique_args = number 6\n"
       "argument a = number 3\n"},
      {"a mistake inside", R"([{"custom_args":{"a":1,}}])",
       "the body is not JSON: there is a comma after the last value (byte 22), "
       "in element 0"},
  });
}

// The reader looks ahead, and at keys 32 bytes at a time: the body lies in a
// block of its own, so that a step behind its end is seen.
TEST(JsonReader, StaysInABodyThatEndsInTheMiddleOfAnEvent) {
  const std::string whole =
      R"([{"email":"a@b.c","tls":1,"category":["d","e"],"mine":"f"}])";
  for (std::size_t size = 2; size < whole.size() - 1; ++size) {
    for (const std::size_t spaces : {0, 1, 2, 10, 31, 32, 33, 100}) {
      const std::string text =
          whole.substr(0, size) + "]" + std::string(spaces, ' ');
      const std::vector<char> body(text.begin(), text.end());
      for (const Engine engine : {Engine::kFastest, Engine::kPortable}) {
        EXPECT_THAT(Read(engine, {body.data(), body.size()}),
                    ::testing::StartsWith("the body is not JSON"))
            << size << " " << spaces;
      }
    }
  }
}

TEST(JsonReader, TellsJsonThatIsNoArrayFromNoJson) {
  for (const Engine engine : {Engine::kFastest, Engine::kPortable}) {
    JsonReader reader(engine);
    for (const char* body :
         {"{}", R"({"a":[1]})", "1", "\"x\"", "null", " true ", R"({"a":"[]"})",
          "[1]x", "{]", "{},", "{\"a\":1}]", "tru", "[1]]", "-"}) {
      const absl::Status status = reader.Open(body);
      Event event;
      const std::string reason = status.ok()
                                     ? (reader.Next(event), reader.Next(event),
                                        base::ReasonOf(reader.status()))
                                     : base::ReasonOf(status);
      const std::string_view text(body);
      const bool json = text == "{}" || text == R"({"a":[1]})" || text == "1" ||
                        text == "\"x\"" || text == "null" || text == " true " ||
                        text == R"({"a":"[]"})";
      EXPECT_EQ(reason, json ? "NOT_AN_ARRAY" : "INVALID_JSON") << body;
    }
  }
}

// Only texts that have escapes pay for them.
TEST(JsonReader, TellsTextsWithEscapesFromThoseWithout) {
  for (const Engine engine : {Engine::kFastest, Engine::kPortable}) {
    const std::string body =
        R"([{"a":"\n","b":"x","c":"\\","d":"y","category":["z","\"","w"]},)"
        R"({"a":"x","b":""}])";
    JsonReader reader(engine);
    Event event;
    ASSERT_TRUE(reader.Open(body).ok());
    ASSERT_EQ(reader.Next(event), JsonReader::Step::kEvent);
    const Kind expected[] = {Kind::kEscapedText, Kind::kCleanText,
                             Kind::kEscapedText, Kind::kCleanText};
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(event.custom_args.at(i).value.kind, expected[i]) << i;
    }
    EXPECT_EQ(event.items.at(0).kind, Kind::kCleanText);
    EXPECT_EQ(event.items.at(1).kind, Kind::kEscapedText);
    EXPECT_EQ(event.items.at(2).kind, Kind::kCleanText);
    ASSERT_EQ(reader.Next(event), JsonReader::Step::kEvent);
    EXPECT_EQ(event.custom_args.at(0).value.kind, Kind::kCleanText);
    EXPECT_TRUE(event.custom_args.at(1).value.missing());
  }
}

TEST(JsonReader, KnowsTheSizeOfEachEvent) {
  const std::string body = R"([ {"email":"a"} ,{"x":[1, 2]}])";
  JsonReader reader;
  Event event;
  ASSERT_TRUE(reader.Open(body).ok());
  ASSERT_EQ(reader.Next(event), JsonReader::Step::kEvent);
  EXPECT_GE(event.source_bytes, 13u);
  EXPECT_FALSE(event.from_wire);
  ASSERT_EQ(reader.Next(event), JsonReader::Step::kEvent);
  EXPECT_GE(event.source_bytes, 12u);
  EXPECT_LE(event.source_bytes, body.size());
}

}  // namespace
}  // namespace segrid::codec
