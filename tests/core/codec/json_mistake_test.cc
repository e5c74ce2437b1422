// Why a body is refused: one row for each thing that people post by mistake.

#include "core/codec/json_mistake.h"

#include <string>
#include <string_view>

#include "core/base/error_info.h"
#include "core/codec/json_reader.h"
#include "gtest/gtest.h"

namespace segrid::codec {
namespace {

using namespace std::string_view_literals;

struct Row {
  std::string_view body;
  const char* message;
};

// What stands behind "the body is not JSON: ".
void ExpectNotJson(const Row& row) {
  const absl::Status status = ExplainRefusal(row.body);
  EXPECT_EQ(base::ReasonOf(status), "INVALID_JSON") << row.body;
  EXPECT_EQ(std::string(status.message()),
            "the body is not JSON: " + std::string(row.message));
}

TEST(JsonMistake, SaysWhatIsWrongAtWhichByteOfWhichElement) {
  const Row rows[] = {
      {"", "it is empty"},
      {" \r\n", "it is empty"},
      {"\xEF\xBB\xBF", "it is empty"},
      {"[{\"a\":1},]",
       "there is a comma after the last value (byte 8), in "
       "element 0"},
      {"[1,2,]",
       "there is a comma after the last value (byte 4), in element 1"},
      {R"([{"a":1,}])",
       "there is a comma after the last value (byte 7), in "
       "element 0"},
      {"[1,,2]", "a value is expected here, not ',' (byte 3), in element 1"},
      {R"([{"a" 1}])",
       "a colon must follow the key, not a digit (byte 6), in element 0"},
      {"[{a:1}]",
       "a key in double quotes is expected here, not a letter (byte 2), in "
       "element 0"},
      {R"([{"a":1 "b":2}])",
       "a comma or } is expected here, not a double quote (byte 8), in element "
       "0"},
      {"[1 2]",
       "a comma or ] is expected here, not a digit (byte 3), in element 0"},
      {"[{'a':1}]",
       "a single quote instead of a double one (byte 2), in element 0"},
      {"[1,// no\n2]", "JSON has no comments (byte 3), in element 1"},
      {"[True]", "JSON has no True (byte 1), in element 0"},
      {"[NaN]", "JSON has no NaN (byte 1), in element 0"},
      {"[{\"a\":-Infinity}]", "JSON has no -Infinity (byte 6), in element 0"},
      {"[ObjectId(\"secret\")]", "JSON has no ObjectId (byte 1), in element 0"},
      {"[Nanette]",
       "a value is expected here, not a letter (byte 1), in element 0"},
      {"[}]", "a value is expected here, not '}' (byte 1), in element 0"},
      {"[01]", "a number is not well formed (byte 1), in element 0"},
      {R"(["\x"])", "an escape is not legal (byte 2), in element 0"},
      {R"(["\u12"])", "an escape is not legal (byte 2), in element 0"},
      {"[\"a\nb\"]",
       "a string contains a control character that is not escaped (byte 3), in "
       "element 0"},
      {"[1]x", "something follows the end of the array (byte 3)"},
      {"{}x", "something follows the end of the value (byte 2)"},
      {"[1]]", "something follows the end of the array (byte 3)"},
  };
  for (const Row& row : rows) ExpectNotJson(row);
}

TEST(JsonMistake, SaysWhereABodyIsCutOff) {
  const Row rows[] = {
      {"[", "it is cut off after 1 bytes, in element 0"},
      {"[{\"a\":1},", "it is cut off after 9 bytes, in element 1"},
      {"[{\"a\":1}", "it is cut off after 8 bytes, in element 0"},
      {"[{\"a\":", "it is cut off after 6 bytes, in element 0"},
      {"[{\"a\":tr", "it is cut off after 8 bytes, in element 0"},
      {"[{},{\"a\":\"secr",
       "a string is not closed; is the body cut off? (byte 9), in element 1"},
      {R"([{"a":"x\u00)",
       "a string is not closed; is the body cut off? (byte 6), in element 0"},
      {"{\"a\":1", "it is cut off after 6 bytes"},
  };
  for (const Row& row : rows) ExpectNotJson(row);
}

TEST(JsonMistake, NamesBytesThatAreNotAscii) {
  const Row rows[] = {
      {"[1,\xE9]",
       "a byte that is not UTF-8 is outside a string; is it Latin-1? (byte "
       "3), in element 1"},
      {"[{\"a\"\xE9:1}]",
       "a byte that is not UTF-8 is outside a string; is it Latin-1? (byte "
       "5), in element 0"},
      {"[{},\xC2\xA0{}]",
       "a no-break space is outside a string (byte 4), in element 1"},
      {"[{\xE2\x80\x9C"
       "a\xE2\x80\x9D:1}]",
       "a typographic quote instead of a straight one (byte 2), in "
       "element 0"},
      {"[\xEF\xBB\xBF{}]",
       "a byte order mark is inside the body (byte 1), in element 0"},
      {"[\xC3\xA9]",
       "a character beyond ASCII is outside a string (byte 1), in element "
       "0"},
      {"[1]\xE9",
       "a byte that is not UTF-8 is outside a string; is it Latin-1? (byte "
       "3)"},
      // Inside strings they are read; the mistake is another one.
      {"[\"\xE9\",]",
       "there is a comma after the last value (byte 4), in "
       "element 0"},
      {"[1,\0]"sv,
       "a NUL byte is outside a string; is it UTF-16? (byte 3), in element "
       "1"},
      {"[1,\x01]",
       "the control character 0x01 is outside a string (byte 3), in "
       "element 1"},
  };
  for (const Row& row : rows) ExpectNotJson(row);
}

TEST(JsonMistake, NamesWhatStandsThereInsteadOfJson) {
  const char kUtf16[] = "it is UTF-16 or UTF-32; send it as UTF-8";
  const char kForm[] = "it is a form post; the Event Webhook posts JSON";
  const Row rows[] = {
      {"\xFF\xFE[\0]\0"sv, kUtf16},
      {"\xFE\xFF\0[\0]"sv, kUtf16},
      {"[\0{\0}\0]\0"sv, kUtf16},
      {"\0[\0]"sv, kUtf16},
      {"\xFF\xFE\0\0[\0\0\0"sv, kUtf16},
      {"\x1F\x8B\x08\0"sv,
       "it is compressed with gzip; name that in Content-Encoding, or unpack "
       "it"},
      {"event=open&email=a%40example.com", kForm},
      {"a=1", kForm},
      {"  from=x", kForm},
      {"charsets[to]=x", kForm},
      {"--xYzZY\r\nContent-Disposition: form-data; name=\"from\"\r\n\r\na",
       "it is a multipart form, as SendGrid's Inbound Parse posts mail; the "
       "Event Webhook posts JSON"},
      {"<!DOCTYPE html><html></html>", "it is HTML or XML"},
      {"{\"a\":1}\n{\"b\":2}\n",
       "it is several events one after the other, the second at byte 8: send "
       "them as [{...},{...}]; events line by line are what `segrid backfill` "
       "takes"},
      {"{\"a\":1}\n{\"b\":",
       "it is several events one after the other, the second at byte 8: send "
       "them as [{...},{...}]; events line by line are what `segrid backfill` "
       "takes"},
      {"[{}]\n[{}]",
       "it is several arrays one after the other, the second at byte 5: send "
       "each by itself; several are what `segrid backfill` takes"},
      {"hello", "a value is expected here, not a letter (byte 0)"},
      {"{\"a\":1},\n{\"b\":2}",
       "it is events with commas between them, but without [ and ] (byte 7): "
       "send them as [{...},{...}]"},
      {"-x", "a number is not well formed (byte 0)"},
  };
  for (const Row& row : rows) ExpectNotJson(row);
}

TEST(JsonMistake, TellsJsonThatIsNoArray) {
  const Row rows[] = {
      {"{\"a\":1}",
       "the body is one object, not an array: send an event as [{...}]; a lone "
       "event "
       "is what `segrid backfill` takes"},
      {"\xEF\xBB\xBF {} ",
       "the body is one object, not an array: send an event as [{...}]; a lone "
       "event "
       "is what `segrid backfill` takes"},
      {"null",
       "the body is JSON but not an array: send the events as [{...},...]"},
      {"\"[]\"",
       "the body is a JSON string, not an array: was it encoded twice? Send "
       "the "
       "events as [{...},...]"},
      {"1",
       "the body is JSON but not an array: send the events as [{...},...]"},
  };
  for (const Row& row : rows) {
    const absl::Status status = ExplainRefusal(row.body);
    EXPECT_EQ(base::ReasonOf(status), "NOT_AN_ARRAY") << row.body;
    EXPECT_EQ(std::string(status.message()), row.message);
  }
}

TEST(JsonMistake, NeverShowsTheContents) {
  const std::string body = R"([{"email":"secret@example.com","event":secret}])";
  for (std::size_t size = 0; size < body.size(); ++size) {
    const absl::Status status = ExplainRefusal(body.substr(0, size));
    EXPECT_EQ(std::string(status.message()).find("secret"), std::string::npos)
        << status;
    EXPECT_FALSE(status.ok());
  }
}

}  // namespace
}  // namespace segrid::codec
