// What a source opts into: extra properties, custom arguments, user ids
// (mapping.md, 3.5).

#include "core/transform/custom_args.h"

#include <bit>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/codec/json_writer.h"
#include "core/codec/wire_writer.h"
#include "tests/core/transform/one_event.h"
#include "tests/testing/options_maker.h"
#include "tests/testing/random.h"

namespace segrid::transform {
namespace {

namespace json = boost::json;

std::string PropertiesOf(std::string_view members, const Options& options) {
  return TransformEvent(members, options).At("/properties");
}

Options AllArgs() {
  Options options;
  options.custom_args.all = true;
  options.subject_from.clear();
  return options;
}

TEST(CustomArgs, AreOffByDefault) {
  EXPECT_EQ(PropertiesOf(R"("a":"1","reason":"r")", Options()), "{}");
}

TEST(CustomArgs, AllOrNamedOnesBecomeTexts) {
  EXPECT_EQ(
      PropertiesOf(R"("b":"x\n","a":1,"c":true,"d":null,"e":"")", AllArgs()),
      R"({"b":"x\n","a":"1","c":"true"})");
  Options named;
  named.custom_args.Add("c", "c");
  named.custom_args.Add("a", "a");
  EXPECT_EQ(PropertiesOf(R"("c":"3","b":"2","a":"1","aa":"4")", named),
            R"({"c":"3","a":"1"})");
  const Seen seen =
      TransformEvent(R"("a":{"x":1},"b":[1],"c":-1.50)", AllArgs());
  EXPECT_EQ(seen.At("/properties"), R"({"c":"-1.50"})");
  EXPECT_EQ(seen.counts.coerced, 1);
  EXPECT_EQ(seen.counts.dropped, 2);
}

TEST(CustomArgs, OfTwoWithOneNameTheLastCounts) {
  EXPECT_EQ(PropertiesOf(R"("a":"1","b":"2","a":"3")", AllArgs()),
            R"({"b":"2","a":"3"})");
  EXPECT_EQ(PropertiesOf(R"("a":"1","a":null)", AllArgs()), "{}");
  EXPECT_EQ(PropertiesOf(R"("a":"1","\u0061":"2")", AllArgs()), R"({"a":"2"})");
  // Only the one that counts is converted.
  const Seen seen = TransformEvent(R"("a":1,"a":{},"a":true)", AllArgs());
  EXPECT_EQ(seen.At("/properties"), R"({"a":"true"})");
  EXPECT_EQ(seen.counts.coerced, 1);
  EXPECT_EQ(seen.counts.dropped, 0);
}

TEST(CustomArgs, NamesThatTheTableOwnsAreNeverOverwritten) {
  std::string members = R"("singlesend_id":"mine")";
  for (const catalog::PropertyRow& row : catalog::kProperties) {
    if (catalog::FindField(row.name) != catalog::kNoField) continue;
    absl::StrAppend(&members, ",\"",
                    absl::string_view(row.name.data(), row.name.size()),
                    "\":\"theirs\"");
  }
  const Seen seen = TransformEvent(members, AllArgs());
  EXPECT_EQ(seen.At("/properties"),
            R"({"email_type":"Singlesend","campaign_id":"mine",)"
            R"("user_agent":"theirs","userAgent":"theirs"})");
  // With `all` they are left out, and counted.
  EXPECT_EQ(seen.counts.dropped, 11);
}

// mapping.md, 3.5: those that a list or map asks for fill what is empty.
TEST(CustomArgs, NamedOnesFillEmptyPlacesOfTheTable) {
  Options options;
  options.subject_from.clear();
  for (const catalog::PropertyRow& row : catalog::kProperties) {
    if (row.place == catalog::Place::kProperties && row.name != "template_id") {
      options.custom_args.Add(row.name, row.name);
    }
  }
  const Seen seen = TransformEvent(
      R"("event":"click","email_type":"receipt","email_subject":"Hi",)"
      R"("test_phase":"A","unsubscribe_group_id":"42","link_url":"l",)"
      R"("categories":"own","campaign_name":"Spr\"ing","campaign_id":7,)"
      R"("automation_name":true,"automation_id":"drip",)"
      R"("automation_step_id":"s")",
      options);
  EXPECT_EQ(seen.At("/properties"),
            R"({"email_subject":"Hi","unsubscribe_group_id":42,)"
            R"("categories":["own"],"campaign_name":"Spr\"ing",)"
            R"("campaign_id":"7","automation_name":"true",)"
            R"("automation_id":"drip","automation_step_id":"s"})");
  EXPECT_EQ(seen.counts.coerced, 3);  // The group, 7, true.
  EXPECT_EQ(seen.counts.dropped, 3);  // Never filled: type, phase, link.
  const Seen made = TransformEvent(
      R"("singlesend_id":"mine","campaign_id":"theirs","category":["c"],)"
      R"("categories":"theirs","unsubscribe_group_id":"x","asm_group_id":5)",
      options);
  EXPECT_EQ(made.At("/properties"),
            R"({"email_type":"Singlesend","unsubscribe_group_id":5,)"
            R"("categories":["c"],"campaign_id":"mine"})");
  EXPECT_EQ(made.counts.dropped, 3);
  const struct {
    const char* group;
    const char* value;
    int coerced = 0;
    int dropped = 0;
  } rows[] = {{"\"-7\"", "-7", 1},     {"42", "42"},
              {"\"own\"", "", 0, 1},   {"1.5", "", 0, 1},
              {"true", "", 0, 1},      {"[1]", "", 0, 1},
              {R"("\u0034")", "4", 1}, {"null", ""}};
  for (const auto& row : rows) {
    const Seen group = TransformEvent(
        "\"unsubscribe_group_id\":" + std::string(row.group), options);
    EXPECT_EQ(group.At("/properties/unsubscribe_group_id"), row.value)
        << row.group;
    EXPECT_EQ(group.counts.coerced, row.coerced) << row.group;
    EXPECT_EQ(group.counts.dropped, row.dropped) << row.group;
  }
}

TEST(CustomArgs, ASubjectOfItsOwnNameIsNotLost) {
  Options options = AllArgs();
  options.subject_from = {"email_subject"};
  const Seen seen = TransformEvent(R"("email_subject":"Hi")", options);
  EXPECT_EQ(seen.At("/properties"), R"({"email_subject":"Hi"})");
  EXPECT_EQ(seen.counts.dropped, 0);
}

// mapping.md, 3.11.
TEST(CustomArgs, HaveTheNamesThatTheSourceGives) {
  Options mapped;
  mapped.custom_args.Add("plan", "tier");
  mapped.custom_args.Add("mail", "campaign_name");
  mapped.custom_args.Add("a", "a\"b");
  EXPECT_EQ(
      PropertiesOf(R"("plan":"gold","mail":"m","tier":"x","a":1)", mapped),
      R"({"campaign_name":"m","tier":"gold","a\"b":"1"})");
  Options prefixed = AllArgs();
  prefixed.custom_args.prefix = "arg_";
  prefixed.custom_args.taken = {"arg_taken"};
  const Seen seen = TransformEvent(
      R"("a":"1","campaign_id":"2","\n":"3","taken":"4")", prefixed);
  EXPECT_EQ(seen.At("/properties"),
            R"({"arg_a":"1","arg_campaign_id":"2","arg_\n":"3"})");
  EXPECT_EQ(seen.counts.dropped, 1);
  Options owned = AllArgs();
  owned.custom_args.prefix = "campaign_";
  const Seen left_out = TransformEvent(R"("id":"1","x":"2")", owned);
  EXPECT_EQ(left_out.At("/properties"), R"({"campaign_x":"2"})");
  EXPECT_EQ(left_out.counts.dropped, 1);
}

// Names that the event does not have take room in the Track.
TEST(CustomArgs, ManyLongNamesFitIntoTheOutput) {
  Options options = AllArgs();
  options.custom_args.prefix = std::string(64, '\x01');
  std::string members = R"("x":"1")";
  for (int i = 0; i < 500; ++i) absl::StrAppend(&members, ",\"", i, "\":1");
  const Seen seen = TransformEvent(members, options);
  EXPECT_EQ(seen.track.at("properties").as_object().size(), 501u);
  const std::string body =
      R"([{"event":"open","email":"a","timestamp":1,)" + members + "}]";
  codec::JsonReader reader;
  codec::Event event;
  codec::Track track;
  codec::OutputBuffer json;
  codec::OutputBuffer wire;
  Transformer transformer;
  ASSERT_TRUE(reader.Open(body).ok());
  ASSERT_EQ(reader.Next(event), codec::JsonReader::Step::kEvent);
  ASSERT_EQ(transformer.Transform(event, options, track), Reason::kNone);
  codec::JsonWriter().Append(track, json);
  codec::WireWriter().Append(1, track, wire);
  EXPECT_LE(json.size() + codec::OutputBuffer::kHeadroomBytes, json.capacity());
  EXPECT_LE(wire.size() + codec::OutputBuffer::kHeadroomBytes, wire.capacity());
  EXPECT_GT(json.size(), 501u * 6 * 64);
}

// mapping.md, 3.13.
TEST(CustomArgs, NestedOnesAreSpread) {
  const struct {
    const char* members;
    const char* properties;
    int dropped = 0;
  } rows[] = {
      {R"("custom_args":{"a":"1","b":2},"c":"3")",
       R"({"a":"1","b":"2","c":"3"})"},
      {R"("a":"top","custom_args":{"a":"1"},"unique_args":{"a":"2"})",
       R"({"a":"top"})"},
      {R"("unique_args":{"a":"2"},"custom_args":{"a":"1"})", R"({"a":"1"})"},
      {R"("custom_args":{"a":"1"},"unique_args":{"a":"2"})", R"({"a":"1"})"},
      {R"("custom_args":{"a":null},"unique_args":{"a":"2"})", "{}"},
      {R"("custom_args":{"a":"1"},"a":null)", "{}"},
      {R"("custom_args":{"a":"1","a":"2"})", R"({"a":"2"})"},
      {R"("custom_args":{"a":"1"},"custom_args":{"b":"2"})", R"({"b":"2"})"},
      {R"("custom_args":{"a":"1"},"custom_args":"x")",
       R"({"custom_args":"x"})"},
      {R"("custom_args":{"a":"1"},"custom_args":null)", "{}"},
      {R"("custom_args":"x","custom_args":{"a":"1"})", R"({"a":"1"})"},
      {R"("custom\u005fargs":{"\u0061":"1"})", R"({"a":"1"})"},
      {R"("custom_args":{})", "{}"},
      {R"("custom_args":["a"])", "{}", 1},
      {R"("custom_args":{"a":{"b":1},"c":[1],"d":null})", "{}", 2},
      {R"("custom_args":{"email":"x","reason":"y","pool":1,"a":"1"})",
       R"({"a":"1"})", 3},
      {R"("custom_args":{"custom_args":"x"})", R"({"custom_args":"x"})"},
      {R"("custom_args":{"custom_args":{"a":"1"}})", "{}", 1},
      {R"("other":{"a":"1"})", "{}", 1},
  };
  for (const auto& row : rows) {
    const Seen seen = TransformEvent(row.members, AllArgs());
    EXPECT_EQ(json::parse(seen.At("/properties")), json::parse(row.properties))
        << row.members;
    EXPECT_EQ(seen.counts.dropped, row.dropped) << row.members;
  }
  Options options;
  options.user_id_from = "uid";
  const Seen seen =
      TransformEvent(R"("unique_args":{"uid":"u","subject":"s"})", options);
  EXPECT_EQ(seen.At("/userId"), R"("u")");
  EXPECT_EQ(seen.At("/properties/email_subject"), R"("s")");
}

// Few arguments are compared with each other, many are hashed: both ways, with
// every number around the change and far beyond.
TEST(CustomArgs, ManyWithDuplicatesGiveWhatAMapGives) {
  testing::Random random(testing::TestSeed());
  for (const std::size_t count :
       {1u, 2u, 7u, 8u, 9u, 10u, 63u, 64u, 65u, 200u, 1'000u}) {
    for (int round = 0; round < 10; ++round) {
      const std::size_t names = 1 + random.Below(2 * count);
      std::string members;
      json::object last;
      for (std::size_t i = 0; i < count; ++i) {
        const std::string name = absl::StrCat("k", random.Below(names));
        const bool missing = random.OneIn(10);
        absl::StrAppend(&members, i == 0 ? "" : ",", "\"", name, "\":");
        absl::StrAppend(&members, missing ? "null" : absl::StrCat(i));
        if (missing) {
          last[name] = nullptr;
        } else {
          last[name] = absl::StrCat(i);
        }
      }
      json::object expected;
      for (const auto& [name, value] : last) {
        if (!value.is_null()) expected[name] = value;
      }
      const Seen seen = TransformEvent(members, AllArgs());
      ASSERT_EQ(seen.track.at("properties"), expected) << members;
    }
  }
}

TEST(CustomArgs, NamesChosenToCollideAreToldApart) {
  // As many arguments as the table of the hash was made for, all in one slot.
  constexpr std::size_t kCount = 200;
  constexpr std::size_t kMask = std::bit_ceil(2 * kCount) - 1;
  std::string members;
  json::object expected;
  std::size_t tried = 0;
  for (std::size_t i = 0; i < kCount; ++tried) {
    const std::string name = absl::StrCat("n", tried);
    if ((std::hash<std::string_view>()(name) & kMask) != 0) continue;
    const std::string value = absl::StrCat(i);
    absl::StrAppend(&members, i == 0 ? "\"" : ",\"", name, "\":\"", value,
                    "\"");
    expected[name] = value;
    ++i;
  }
  const Seen seen = TransformEvent(members, AllArgs());
  EXPECT_EQ(seen.track.at("properties"), expected);
}

TEST(CustomArgs, TypedOnesMayNotHaveTheNamesOfFields) {
  v1::SendGridEvent typed;
  typed.set_event("processed");
  typed.set_email("a@b.c");
  typed.set_timestamp(1);
  auto& args = *typed.mutable_custom_args();
  args["email"] = "theirs";
  args["reason"] = "theirs";
  args["campaign_id"] = "theirs";
  args["mine"] = "a\"b\x01";
  args["empty"] = "";
  Options options = AllArgs();
  options.extra_fields = {catalog::Field("reason")};
  const Seen seen = TransformTyped(typed, options);
  EXPECT_EQ(seen.At("/properties"), R"({"mine":"a\"b\u0001"})");
  EXPECT_EQ(seen.counts.dropped, 3);
}

TEST(UserId, ComesFromTheArgumentThatTheSourceNames) {
  Options options;
  options.user_id_from = "uid";
  EXPECT_EQ(TransformEvent(R"("uid":"u\"1")", options).At("/userId"),
            R"("u\"1")");
  EXPECT_EQ(TransformEvent(R"("uid":17)", options).At("/userId"), R"("17")");
  EXPECT_EQ(TransformEvent(R"("uid":"a","uid":"b")", options).At("/userId"),
            R"("b")");
  EXPECT_EQ(TransformEvent(R"("uid":" \t7 \u0020")", options).At("/userId"),
            R"("7")");
  EXPECT_EQ(TransformEvent(R"("uid":"\u00a0")", options).At("/userId"),
            "\"\u00a0\"");
  for (const char* none :
       {R"("uid":"")", R"("uid":null)", R"("uid":{})", R"("UID":"x")",
        R"("uid":"x","uid":null)", R"("uid":"  ")", R"("uid":"\n\t")"}) {
    EXPECT_EQ(TransformEvent(none, options).At("/userId"), "") << none;
  }
  EXPECT_EQ(TransformEvent(R"("uid":"x")").At("/userId"), "");
  options.custom_args.all = true;
  const Seen both = TransformEvent(R"("uid":7)", options);
  EXPECT_EQ(both.At("/userId"), R"("7")");
  EXPECT_EQ(both.At("/properties/uid"), R"("7")");
  EXPECT_EQ(both.counts.coerced, 1);
}

// mapping.md, 3.15.
TEST(ExtraProperties, TheHeadOfTheMessageIdMayBeOne) {
  Options options = AllArgs();
  options.derived = 1 << catalog::FindDerived("x_message_id");
  options.custom_args.taken = {"x_message_id"};
  const struct {
    const char* members;
    const char* id;
  } rows[] = {
      {R"("sg_message_id":"14c5d75ce93.dfd.64b469")", R"("14c5d75ce93")"},
      {R"("sg_message_id":" \t14c5.dfd")", R"("14c5")"},
      {R"("sg_message_id":"14c5")", R"("14c5")"},
      {R"("sg_message_id":"14\u0022c5\u002e1")", R"("14\"c5")"},
      {R"("sg_message_id":"a .b")", R"("a ")"},
      {R"("sg_message_id":".b")", ""},
      {R"("sg_message_id":" ")", ""},
      {R"("sg_message_id":"")", ""},
      {R"("sg_message_id":15.5)", R"("15")"},
      {R"("sg_message_id":"a.b","x_message_id":"own")", R"("a")"},
      {R"("x_message_id":"own")", ""},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(
        TransformEvent(row.members, options).At("/properties/x_message_id"),
        row.id)
        << row.members;
  }
}

// mapping.md, 3.16.
TEST(ExtraProperties, AnOpenOrClickOfAProgramMayBeMarked) {
  Options options;
  options.derived = 1 << catalog::FindDerived("suspected_bot");
  const struct {
    const char* members;
    bool marked;
  } rows[] = {
      {R"("event":"open","useragent":"curl/8.5.0")", true},
      {R"("event":"click","useragent":"Python-Requests/2.9")", true},
      {R"("event":"click","useragent":"Mozilla/5.0 (X11) HeadlessChrome/74")",
       true},
      {R"("event":"open","useragent":"Mozilla/5.0")", true},
      {R"("event":"click","useragent":"\u0063url/8")", true},
      {R"("event":"open","sg_machine_open":true,"useragent":"Firefox")", true},
      {R"("event":"open","sg_machine_open":"1")", true},
      {R"("event":"open","sg_machine_open":false,"useragent":"Firefox")",
       false},
      {R"("event":"open","useragent":"Mozilla/5.0 (X11; Linux) Firefox/11.0")",
       false},
      {R"x("event":"open","useragent":"Firefox (via ggpht.com GoogleImageProxy)")x",
       false},
      {R"("event":"open","useragent":"not curl/8")", false},
      {R"("event":"open","useragent":"nodes")", false},
      {R"("event":"open")", false},
      {R"("event":"open","useragent":{})", false},
      {R"("event":"unsubscribe","useragent":"curl/8")", false},
      {R"("event":"delivered","useragent":"curl/8")", false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(
        TransformEvent(row.members, options).At("/properties/suspected_bot"),
        row.marked ? "true" : "")
        << row.members;
  }
  v1::SendGridEvent typed;
  typed.set_event("click");
  typed.set_email("a@b.c");
  typed.set_timestamp(1);
  typed.set_useragent("curl/8");
  EXPECT_EQ(TransformTyped(typed, options).At("/properties/suspected_bot"),
            "true");
}

struct ExtraCase {
  const char* members;
  const char* name;
  const char* value;
};

TEST(ExtraProperties, HaveTheirOwnNamesAndTypes) {
  const ExtraCase rows[] = {
      {R"("reason":"r\n")", "reason", R"("r\n")"},
      {R"("status":"5.0.0")", "status", R"("5.0.0")"},
      {R"("status":5.10)", "status", R"("5.10")"},
      {R"("smtp-id":"<a@b>")", "smtp-id", R"("<a@b>")"},
      {R"("attempt":"3")", "attempt", "3"},
      {R"("attempt":0)", "attempt", "0"},
      {R"("attempt":"x")", "attempt", ""},
      {R"("tls":1)", "tls", "true"},
      {R"("tls":"0")", "tls", "false"},
      {R"("tls":"maybe")", "tls", ""},
      {R"("cert_err":false)", "cert_err", "false"},
      {R"("category":"c")", "category", R"(["c"])"},
      {R"("category":["c\t",1])", "category", R"(["c\t","1"])"},
      {R"("send_at":1591726752)", "send_at", R"("1591726752")"},
      {R"("timestamp":1591726752)", "timestamp", "1591726752"},
      {R"("email":"x@y.z")", "email", R"("x@y.z")"},
      {R"("url_offset":{"index":"2","type":"ht\u006dl","x":1})", "url_offset",
       R"({"index":2,"type":"html"})"},
      {R"("url_offset":{"index":{}})", "url_offset", ""},
      {R"("url_offset":{})", "url_offset", ""},
      {R"("url_offset":"0")", "url_offset", ""},
      {R"("pool":{"name":"p\"","id":210})", "pool",
       R"({"name":"p\"","id":"210"})"},
      {R"("newsletter":{"newsletter_id":"1"})", "newsletter",
       R"({"newsletter_id":"1"})"},
  };
  for (const ExtraCase& row : rows) {
    Options options;
    options.extra_fields = {catalog::FindField(row.name)};
    EXPECT_EQ(TransformEvent(row.members, options)
                  .At("/properties/" + std::string(row.name)),
              row.value)
        << row.members;
  }
}

TEST(ExtraProperties, MissingOnesAreLeftOutAndOthersKeepTheirOrder) {
  const Options options = testing::EverythingSelected();
  codec::JsonReader reader;
  codec::Event event;
  codec::Track track;
  Transformer transformer;
  ASSERT_TRUE(reader
                  .Open(R"([{"z":"1","status":"s","reason":"r","email":"e",)"
                        R"("event":"open","timestamp":1,"a":"2"}])")
                  .ok());
  ASSERT_EQ(reader.Next(event), codec::JsonReader::Step::kEvent);
  ASSERT_EQ(transformer.Transform(event, options, track), Reason::kNone);
  std::vector<std::string_view> names;
  for (const codec::Extra& extra : track.extras) {
    names.push_back(extra.name.text());
  }
  EXPECT_EQ(names,
            (std::vector<std::string_view>{"email", "timestamp", "event",
                                           "reason", "status", "z", "a"}));
}

}  // namespace
}  // namespace segrid::transform
