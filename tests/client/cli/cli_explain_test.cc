// `segrid explain`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/client/cli/program.h"
#include "tests/client/scratch_dir.h"

namespace segrid {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using tests::Lines;
using tests::Ran;
using tests::RunSegrid;

constexpr char kBody[] =
    R"([{"event":"deferred","email":"ada@example.com","timestamp":1591726752},)"
    R"({"event":"delivered","email":"ada@example.com","timestamp":"1591726752",)"
    R"("asm_group_id":"x","ip":"192.0.2.1","template_id":"d-1",)"
    R"("sg_template_id":"d-2","status":"2.0.0","plan":"gold"},)"
    R"({"event":"delivered","email":7}])";

Ran Explain(std::vector<std::string> more) {
  more.insert(more.begin(), "explain");
  return RunSegrid(more, {.input = kBody});
}

// The line of the table that begins with `key`.
std::string Row(const Ran& ran, const std::string& key) {
  for (const std::string& line : Lines(ran.out)) {
    if (line.starts_with(key + " ")) return line;
  }
  return "";
}

TEST(SegridExplain, SaysWhatBecameOfEachField) {
  const Ran ran = Explain({"--index", "1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(Lines(ran.out)[0], "event 1 (delivered): Email Delivered");
  EXPECT_THAT(Row(ran, "email"),
              HasSubstr("anonymousId, context.traits.email"));
  EXPECT_THAT(Row(ran, "timestamp"), HasSubstr("converted to a time"));
  EXPECT_THAT(Row(ran, "asm_group_id"),
              HasSubstr("dropped: is not an integer"));
  EXPECT_THAT(Row(ran, "ip"), HasSubstr("for the recipient's own acts only"));
  EXPECT_THAT(Row(ran, "template_id"), HasSubstr("properties.template_id"));
  EXPECT_THAT(Row(ran, "sg_template_id"),
              HasSubstr("another field gives properties.template_id"));
  EXPECT_THAT(Row(ran, "status"), HasSubstr("extra_properties: [status]"));
  EXPECT_THAT(Row(ran, "plan"), HasSubstr("custom_args: [plan]"));
  EXPECT_THAT(Lines(ran.out), Contains(StartsWith(R"({"type":"track")")));
}

TEST(SegridExplain, SaysWhyThereIsNoTrack) {
  const Ran skipped = Explain({});
  EXPECT_EQ(skipped.code, 0) << skipped.err;
  EXPECT_THAT(Lines(skipped.out)[0],
              StartsWith("event 0 (deferred): no Track: EVENT_NOT_SELECTED"));
  const Ran rejected = Explain({"--index=2"});
  EXPECT_THAT(Lines(rejected.out)[0],
              StartsWith("event 2 (delivered): no Track: MISSING_EMAIL"));
  EXPECT_THAT(Row(rejected, "email"), HasSubstr("never converted"));
}

TEST(SegridExplain, TakesAnEventAsItIs) {
  const Ran ran = RunSegrid(
      {"explain"},
      {.input = "{\n  \"event\": \"open\",\n  \"email\": \"a@b.de\",\n"
                "  \"timestamp\": 1\n}\n"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(Lines(ran.out)[0], "event 0 (open): Email Opened");
}

// What it says of a custom argument is what the Track has.
TEST(SegridExplain, SaysOnlyOfWhatIsInTheTrackThatItIs) {
  const Ran ran = RunSegrid(
      {"explain"},
      {.input =
           R"({"event":"open","email":"a@b.de","timestamp":1,"subject":"",)"
           R"("email_subject":"Hello","nested":{"a":1},"campaign_id":"x",)"
           R"("sg_event_id":"has space","category":["a",1,{}]})"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(Row(ran, "subject"), HasSubstr("counts as missing"));
  EXPECT_THAT(Row(ran, "email_subject"), HasSubstr("properties.email_subject"));
  EXPECT_THAT(Row(ran, "nested"), HasSubstr("objects are never sent"));
  EXPECT_THAT(Row(ran, "campaign_id"),
              HasSubstr("custom_args: [campaign_id] fills "
                        "properties.campaign_id with it"));
  EXPECT_THAT(Row(ran, "sg_event_id"), HasSubstr("its hash replaces it"));
  EXPECT_THAT(Row(ran, "category"),
              HasSubstr("an item was converted; an item was dropped"));
  const Ran large =
      RunSegrid({"explain"}, {.input = R"({"event":"click","email":"a@b.de",)"
                                       R"("timestamp":1,"url":")" +
                                       std::string(40'000, 'u') + "\"}"});
  EXPECT_THAT(Lines(large.out)[0],
              HasSubstr("no Track: TOO_LARGE, the Track's JSON"));
}

// Of a source that gives names and keeps data back.
TEST(SegridExplain, SaysUnderWhichNameAnArgumentGoesAndWhatIsLeftOut) {
  const tests::ScratchDir dir;
  const std::string config =
      dir.Write("segrid.yaml",
                R"({"sources": [{"name": "a", "receiver": "file", "path": "a",)"
                R"("custom_args": {"plan": "tier", "mail": "campaign_name"},)"
                R"("extra_properties": ["x_message_id"],)"
                R"("personal": {"email": "omit"}}]})");
  const Ran ran = RunSegrid(
      {"explain", "--config", config, "--source", "a"},
      {.input = R"({"event":"open","email":"a@b.de","timestamp":1,)"
                R"("plan":"gold","mail":"Spring","sg_message_id":"x.y",)"
                R"("other":"o"})"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(Row(ran, "plan"), HasSubstr("properties.tier"));
  EXPECT_THAT(Row(ran, "mail"), HasSubstr("properties.campaign_name"));
  EXPECT_THAT(Row(ran, "sg_message_id"), HasSubstr("properties.x_message_id"));
  EXPECT_THAT(Row(ran, "other"), HasSubstr("custom_args: [other] sends it"));
  EXPECT_THAT(Row(ran, "email"), HasSubstr("anonymousId"));
  EXPECT_EQ(ran.out.find("context.traits.email"), std::string::npos);
}

TEST(SegridExplain, SaysWhyAnArgumentIsNotSent) {
  const tests::ScratchDir dir;
  const std::string config = dir.Write(
      "segrid.yaml",
      R"({"sources": [{"name": "all", "receiver": "file", "path": "a",)"
      R"("custom_args": "all",)"
      R"("extra_properties": ["suspected_bot", "email", "reason"],)"
      R"("personal": {"email": "omit"}},)"
      R"({"name": "list", "receiver": "file", "path": "b",)"
      R"("user_id_from": "user", "custom_args":)"
      R"(["link_url", "campaign_id", "unsubscribe_group_id", "n"]}]})");
  const std::string event =
      R"({"event":"delivered","email":"a@b.de","timestamp":1,"user":" ",)"
      R"("sg_event_id":"sg_event_id","singlesend_id":"s","":"empty",)"
      R"("order id":"1","link_url":"l","campaign_id":"c","n":5,)"
      R"("unsubscribe_group_id":"x","suspected_bot":"b","useragent":"curl/8",)"
      R"("custom_args":{"status":"s","email_type":"t"}})";
  const struct {
    const char* source;
    const char* key;
    const char* says;
  } rows[] = {
      {"all", "user", "properties.user"},
      {"list", "user", "blank, so it gives no userId"},
      {"all", "sg_event_id",
       "an id of documentation samples, so a hash of the "
       "event's fields replaces it"},
      {"all", "order id", "properties.order id"},
      {"all", "status", "has the name of a field of SendGrid's"},
      {"all", "email_type", "the mapping alone makes properties.email_type"},
      {"all", "campaign_id",
       "has a value of its own for "
       "properties.campaign_id"},
      {"all", "unsubscribe_group_id",
       "custom_args: [unsubscribe_group_id] fills "},
      {"all", "suspected_bot",
       "'extra_properties' has a property of this name"},
      {"all", "useragent", "context.traits.user_agent is for the recipient's"},
      {"list", "link_url", "the mapping alone makes properties.link_url"},
      {"list", "campaign_id", "has a value of its own for "},
      {"list", "unsubscribe_group_id", "dropped: is not an integer"},
      {"list", "n", "properties.n"},
      {"list", "order id", "custom_args: [\"order id\"] sends it"},
      {"list", "", "custom_args: all sends it"},
  };
  for (const auto& row : rows) {
    const Ran ran =
        RunSegrid({"explain", "--config", config, "--source", row.source},
                  {.input = event});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(Row(ran, row.key), HasSubstr(row.says)) << row.key << ran.out;
  }
}

TEST(SegridExplain, PrintsJson) {
  const Ran ran = Explain({"--index=1", "--json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  ASSERT_EQ(Lines(ran.out).size(), 1u);
  EXPECT_THAT(ran.out, StartsWith(R"({"index":1,"outcome":"track")"));
  EXPECT_THAT(ran.out, HasSubstr(R"({"key":"timestamp","type":"string",)"
                                 R"("becomes":"timestamp",)"
                                 R"("note":"converted to a time"})"));
}

TEST(SegridExplain, NamesABadBodyAndABadIndex) {
  const Ran index = Explain({"--index", "3"});
  EXPECT_EQ(index.code, 1);
  EXPECT_THAT(index.err, HasSubstr("has 3 events"));
  const Ran body = RunSegrid({"explain"}, {.input = "hello"});
  EXPECT_EQ(body.code, 1);
  EXPECT_THAT(body.err, HasSubstr("line 1, byte 0 (event 0): not JSON"));
  EXPECT_EQ(RunSegrid({"explain", "--source", "x"}, {.input = "[]"}).code, 2);
}

}  // namespace
}  // namespace segrid
