// What a source opts into: extra properties, custom arguments, user ids
// (mapping.md, 3.5).

#include "core/transform/custom_args.h"

#include <bit>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
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
  named.custom_args.names = {"a", "c"};
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
}

TEST(UserId, ComesFromTheArgumentThatTheSourceNames) {
  Options options;
  options.user_id_from = "uid";
  EXPECT_EQ(TransformEvent(R"("uid":"u\"1")", options).At("/userId"),
            R"("u\"1")");
  EXPECT_EQ(TransformEvent(R"("uid":17)", options).At("/userId"), R"("17")");
  EXPECT_EQ(TransformEvent(R"("uid":"a","uid":"b")", options).At("/userId"),
            R"("b")");
  for (const char* none : {R"("uid":"")", R"("uid":null)", R"("uid":{})",
                           R"("UID":"x")", R"("uid":"x","uid":null)"}) {
    EXPECT_EQ(TransformEvent(none, options).At("/userId"), "") << none;
  }
  EXPECT_EQ(TransformEvent(R"("uid":"x")").At("/userId"), "");
  options.custom_args.all = true;
  const Seen both = TransformEvent(R"("uid":7)", options);
  EXPECT_EQ(both.At("/userId"), R"("7")");
  EXPECT_EQ(both.At("/properties/uid"), R"("7")");
  EXPECT_EQ(both.counts.coerced, 1);
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
