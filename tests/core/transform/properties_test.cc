// The properties of a Track: mapping.md, 1 and 3.4.

#include <string>
#include <vector>

#include "core/catalog/catalog.h"
#include "tests/core/transform/one_event.h"

namespace segrid::transform {
namespace {

struct Row {
  const char* members;
  const char* pointer;
  const char* value;  // As JSON; "" = the Track has none.
  int coerced = 0;
  int dropped = 0;
};

void ExpectRows(const std::vector<Row>& rows, const Options& options = {}) {
  for (const Row& row : rows) {
    const Seen seen = TransformEvent(row.members, options);
    EXPECT_EQ(seen.reason, Reason::kNone) << row.members;
    EXPECT_EQ(seen.At(row.pointer), row.value) << row.members;
    EXPECT_EQ(seen.counts.coerced, row.coerced) << row.members;
    EXPECT_EQ(seen.counts.dropped, row.dropped) << row.members;
  }
}

TEST(Properties, TextsComeFromTheFirstFieldElseTheSecond) {
  ExpectRows({
      {R"("template_id":"a","sg_template_id":"b")", "/properties/template_id",
       R"("a")"},
      {R"("sg_template_id":"b")", "/properties/template_id", R"("b")"},
      {R"("template_id":"","sg_template_id":"b")", "/properties/template_id",
       R"("b")"},
      {R"("template_id":{},"sg_template_id":"b")", "/properties/template_id",
       R"("b")", 0, 1},
      {R"("singlesend_name":"a","marketing_campaign_name":"b")",
       "/properties/campaign_name", R"("a")"},
      {R"("marketing_campaign_name":"b")", "/properties/campaign_name",
       R"("b")"},
      {R"("singlesend_id":"a","marketing_campaign_id":2)",
       "/properties/campaign_id", R"("a")"},
      {R"("marketing_campaign_id":12345)", "/properties/campaign_id",
       R"("12345")", 1},
      {R"("mc_auto_name":"a")", "/properties/automation_name", R"("a")"},
      {R"("mc_auto_id":"a")", "/properties/automation_id", R"("a")"},
      {R"("mc_auto_step_id":"a")", "/properties/automation_step_id", R"("a")"},
      {R"("singlesend_name":"\u00e9\n\"")", "/properties/campaign_name",
       R"("é\n\"")"},
      {R"("singlesend_name":"\ud800")", "/properties/campaign_name",
       "\"\uFFFD\""},
      {R"("x":1)", "/properties", "{}"},
  });
}

TEST(Properties, TextsAreMadeOfNumbersAndBooleans) {
  ExpectRows({
      {R"("template_id":1)", "/properties/template_id", R"("1")", 1},
      {R"("template_id":-0.50E+1)", "/properties/template_id", R"("-0.50E+1")",
       1},
      {R"("template_id":123456789012345678901234567890)",
       "/properties/template_id", R"("123456789012345678901234567890")", 1},
      {R"("template_id":true)", "/properties/template_id", R"("true")", 1},
      {R"("template_id":false)", "/properties/template_id", R"("false")", 1},
      {R"("template_id":null)", "/properties/template_id", ""},
      {R"("template_id":[])", "/properties/template_id", "", 0, 1},
      {R"("template_id":["a"])", "/properties/template_id", "", 0, 1},
      {R"("template_id":{"a":1})", "/properties/template_id", "", 0, 1},
  });
}

TEST(Properties, TheGroupIsAnInteger) {
  constexpr const char* kGroup = "/properties/unsubscribe_group_id";
  ExpectRows({
      {R"("asm_group_id":42)", kGroup, "42"},
      {R"("asm_group_id":0)", kGroup, "0"},
      {R"("asm_group_id":-0)", kGroup, "0"},
      {R"("asm_group_id":-42)", kGroup, "-42"},
      {R"("asm_group_id":9223372036854775807)", kGroup, "9223372036854775807"},
      {R"("asm_group_id":-9223372036854775808)", kGroup,
       "-9223372036854775808"},
      {R"("asm_group_id":9223372036854775808)", kGroup, "", 0, 1},
      {R"("asm_group_id":"42")", kGroup, "42", 1},
      {R"("asm_group_id":"-42")", kGroup, "-42", 1},
      {R"("asm_group_id":"042")", kGroup, "42", 1},
      {R"("asm_group_id":"+42")", kGroup, "", 0, 1},
      {R"("asm_group_id":"")", kGroup, ""},
      {R"("asm_group_id":"-")", kGroup, "", 0, 1},
      {R"("asm_group_id":"4 2")", kGroup, "", 0, 1},
      {R"("asm_group_id":"9223372036854775808")", kGroup, "", 0, 1},
      {R"("asm_group_id":1.0)", kGroup, "", 0, 1},
      {R"("asm_group_id":1e2)", kGroup, "", 0, 1},
      {R"("asm_group_id":true)", kGroup, "", 0, 1},
      {R"("asm_group_id":[1])", kGroup, "", 0, 1},
  });
}

TEST(Properties, CategoriesAreAlwaysAList) {
  constexpr const char* kList = "/properties/categories";
  ExpectRows({
      {R"("category":"news")", kList, R"(["news"])"},
      {R"("category":["a","b"])", kList, R"(["a","b"])"},
      {R"("category":["a\u0022","\ud83d\ude00"])", kList, R"(["a\"","😀"])"},
      {R"("category":"\"")", kList, R"(["\""])"},
      {R"("category":[])", kList, ""},
      {R"("category":"")", kList, ""},
      {R"("category":null)", kList, ""},
      {R"("category":["",null])", kList, ""},
      {R"("category":["","a",null,"b"])", kList, R"(["a","b"])"},
      {R"("category":["a","a"])", kList, R"(["a","a"])"},
      {R"("category":[1,true,false,"x",-2.5])", kList,
       R"(["1","true","false","x","-2.5"])", 4},
      {R"("category":[{},["a"],"b"])", kList, R"(["b"])", 0, 2},
      {R"("category":[{},[]])", kList, "", 0, 2},
      {R"("category":7)", kList, R"(["7"])", 1},
      {R"("category":true)", kList, R"(["true"])", 1},
      {R"("category":{"a":1})", kList, "", 0, 1},
  });
}

TEST(Properties, TheTestPhaseIsOfSingleSendsOnly) {
  constexpr const char* kPhase = "/properties/test_phase";
  ExpectRows({
      {R"("mc_stats":"singlesend","phase_id":"test")", kPhase, "true"},
      {R"("mc_stats":"singlesend","phase_id":"send")", kPhase, "false"},
      {R"("mc_stats":"singlesend","phase_id":"\u0073end")", kPhase, "false"},
      {R"("mc_stats":"singlesend","phase_id":"other")", kPhase, ""},
      {R"("mc_stats":"singlesend","phase_id":"")", kPhase, ""},
      {R"("mc_stats":"singlesend")", kPhase, ""},
      {R"("singlesend_id":"x","phase_id":"test")", kPhase, "true"},
      {R"("mc_stats":"automation","phase_id":"test")", kPhase, ""},
      {R"("mc_stats":"sendtest","phase_id":"send")", kPhase, ""},
      {R"("phase_id":"send")", kPhase, ""},
  });
}

TEST(Properties, TheSubjectIsACustomArgument) {
  constexpr const char* kSubject = "/properties/email_subject";
  ExpectRows({
      {R"("subject":"s","email_subject":"e")", kSubject, R"("s")"},
      {R"("email_subject":"e")", kSubject, R"("e")"},
      {R"("subject":"","email_subject":"e")", kSubject, R"("e")"},
      {R"("subject":"a","subject":null,"email_subject":"e")", kSubject,
       R"("e")"},
      {R"("subject":"a","subject":"b")", kSubject, R"("b")"},
      {R"("subject":5)", kSubject, R"("5")", 1},
      {R"("subject":{},"email_subject":"e")", kSubject, R"("e")", 0, 1},
      {R"("Subject":"s")", kSubject, ""},
  });
  Options options;
  options.subject_from = {"betreff", "subject"};
  ExpectRows({{R"("subject":"s","betreff":"b")", kSubject, R"("b")"},
              {R"("subject":"s")", kSubject, R"("s")"},
              {R"("email_subject":"e")", kSubject, ""}},
             options);
  options.subject_from.clear();
  ExpectRows({{R"("subject":"s")", kSubject, ""}}, options);
}

// Every event, with the recipient's data: only his own acts carry it.
TEST(Properties, TheRecipientsDataIsOnHisOwnActsOnly) {
  Options options;
  options.events = ~std::uint32_t{0};
  Options spec_context = options;
  spec_context.spec_context = true;
  for (const catalog::EventRow& row : catalog::kEvents) {
    const bool act = row.filter == "open" || row.filter == "machine_opened" ||
                     row.filter == "click" || row.filter == "unsubscribe" ||
                     row.filter == "group_unsubscribe" ||
                     row.filter == "group_resubscribe" ||
                     row.filter == "spamreport";
    const bool machine = row.condition == catalog::Condition::kMachine;
    const std::string members =
        R"("ip":"203.0.113.9","useragent":"UA","url":"https://x.y","event":")" +
        std::string(row.sendgrid) + R"(","sg_machine_open":)" +
        (machine ? "true" : "false");
    const std::string ip = act ? R"("203.0.113.9")" : "";
    const std::string agent = act ? R"("UA")" : "";
    Seen seen = TransformEvent(members, options);
    EXPECT_EQ(seen.At("/context/traits/ip"), ip) << row.filter;
    EXPECT_EQ(seen.At("/context/traits/user_agent"), agent) << row.filter;
    EXPECT_EQ(seen.At("/context/ip"), "") << row.filter;
    EXPECT_EQ(seen.At("/context/userAgent"), "") << row.filter;
    EXPECT_EQ(seen.At("/properties/link_url"),
              row.filter == "click" ? R"("https://x.y")" : "")
        << row.filter;
    seen = TransformEvent(members, spec_context);
    EXPECT_EQ(seen.At("/context/ip"), ip) << row.filter;
    EXPECT_EQ(seen.At("/context/userAgent"), agent) << row.filter;
    EXPECT_EQ(seen.At("/context/traits/ip"), ip) << row.filter;
    EXPECT_EQ(seen.At("/context/traits/email"), R"("a@b.c")");
  }
}

TEST(Properties, NothingOfTheEventBeforeStays) {
  const std::string body =
      R"([{"event":"click","email":"a","timestamp":1,"url":"u","ip":"i",)"
      R"("subject":"s","category":["c"],"mc_stats":"singlesend",)"
      R"("phase_id":"test","x":"y","asm_group_id":1},)"
      R"({"event":"processed","email":"b","timestamp":2}])";
  codec::JsonReader reader;
  codec::Event event;
  codec::Track track;
  Transformer transformer;
  Options options;
  options.custom_args.all = true;
  options.user_id_from = "x";
  options.spec_context = true;
  ASSERT_TRUE(reader.Open(body).ok());
  reader.Next(event);
  ASSERT_EQ(transformer.Transform(event, options, track), Reason::kNone);
  const auto first = testing::TrackAsJson(track);
  EXPECT_EQ(first.at("userId"), "y");
  EXPECT_EQ(first.at("properties").as_object().size(), 8u);
  reader.Next(event);
  ASSERT_EQ(transformer.Transform(event, options, track), Reason::kNone);
  const auto second = testing::TrackAsJson(track);
  EXPECT_EQ(second.at("properties"), boost::json::object());
  EXPECT_FALSE(second.as_object().contains("userId"));
  EXPECT_EQ(second.at("context").at("traits"),
            (boost::json::object{{"email", "b"}}));
}

}  // namespace
}  // namespace segrid::transform
