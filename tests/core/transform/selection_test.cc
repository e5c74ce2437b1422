// Which events become Tracks, and why others do not: mapping.md, 1, 3.7 and 4.

#include <string>

#include "core/catalog/catalog.h"
#include "tests/core/transform/one_event.h"

namespace segrid::transform {
namespace {

std::uint32_t Bit(std::string_view filter) {
  return std::uint32_t{1} << catalog::FindFilter(filter);
}

struct EventCase {
  const char* members;
  const char* event;  // nullptr: see `reason`.
  Reason reason = Reason::kNone;
};

TEST(Selection, EventsHaveTheirNames) {
  const EventCase rows[] = {
      {R"("event":"processed")", "Email Processed"},
      {R"("event":"delivered")", "Email Delivered"},
      {R"("event":"open")", "Email Opened"},
      {R"("event":"click")", "Email Link Clicked"},
      {R"("event":"dropped")", "Email Dropped"},
      {R"("event":"bounce")", "Email Bounced"},
      {R"("event":"unsubscribe")", "Unsubscribed"},
      {R"("event":"group_unsubscribe")", "Unsubscribed From Group"},
      {R"("event":"group_resubscribe")", "Resubscribed To Group"},
      {R"("event":"spamreport")", "Email Marked as Spam"},
      {R"("event":"\u006fpen")", "Email Opened"},
      {R"("event":"deferred")", nullptr, Reason::kEventNotSelected},
      {R"("event":"account_status_change")", nullptr,
       Reason::kUnsupportedEvent},
      {R"("event":"drop")", nullptr, Reason::kUnsupportedEvent},
      {R"("event":"machine_opened")", nullptr, Reason::kUnsupportedEvent},
      {R"("event":"Open")", nullptr, Reason::kUnsupportedEvent},
      {R"("event":"open ")", nullptr, Reason::kUnsupportedEvent},
      {R"("event":"opened")", nullptr, Reason::kUnsupportedEvent},
      {R"("event":" ")", nullptr, Reason::kUnsupportedEvent},
      {R"("event":"")", nullptr, Reason::kMissingEvent},
      {R"("event":null)", nullptr, Reason::kMissingEvent},
      {R"("event":1)", nullptr, Reason::kMissingEvent},
      {R"("event":true)", nullptr, Reason::kMissingEvent},
      {R"("event":["open"])", nullptr, Reason::kMissingEvent},
      {R"("event":{"open":1})", nullptr, Reason::kMissingEvent},
  };
  for (const EventCase& row : rows) {
    const Seen seen = TransformEvent(row.members);
    EXPECT_EQ(seen.reason, row.reason) << row.members;
    if (row.event != nullptr) {
      EXPECT_EQ(seen.At("/event"), Quoted(row.event));
    }
    EXPECT_EQ(seen.counts.coerced + seen.counts.dropped, 0) << row.members;
  }
}

TEST(Selection, MachineOpensAreToldApart) {
  const struct {
    const char* value;
    bool machine;
    int coerced = 0;
    int dropped = 0;
  } rows[] = {{"true", true},
              {"false", false},
              {"null", false},
              {"\"\"", false},
              {"1", true, 1},
              {"0", false, 1},
              {"\"1\"", true, 1},
              {"\"0\"", false, 1},
              {"\"true\"", true, 1},
              {"\"false\"", false, 1},
              {"\"TRUE\"", true, 1},
              {"\"True\"", true, 1},
              {"\"fALSE\"", false, 1},
              {R"("\u0054rue")", true, 1},
              {"2", false, 0, 1},
              {"\"yes\"", false, 0, 1},
              {"\"true \"", false, 0, 1},
              {"\"truely\"", false, 0, 1},
              {"\"tru\"", false, 0, 1},
              {"1.0", false, 0, 1},
              {"{}", false, 0, 1},
              {"[true]", false, 0, 1}};
  for (const auto& row : rows) {
    const Seen seen = TransformEvent(R"("event":"open","sg_machine_open":)" +
                                     std::string(row.value));
    EXPECT_EQ(seen.At("/event"),
              row.machine ? "\"Email Machine Opened\"" : "\"Email Opened\"")
        << row.value;
    EXPECT_EQ(seen.counts.coerced, row.coerced) << row.value;
    EXPECT_EQ(seen.counts.dropped, row.dropped) << row.value;
  }
  Options only_people;
  only_people.events = Bit("open");
  EXPECT_EQ(
      TransformEvent(R"("event":"open","sg_machine_open":true)", only_people)
          .reason,
      Reason::kEventNotSelected);
}

TEST(Selection, ABounceIsABounceWhateverItsTypeSays) {
  for (const char* type :
       {R"("type":"bounce")", R"("type":"blocked")", R"("type":"")",
        R"("type":null)", R"("type":{})", R"("type":"expired")",
        R"("type":"Bounce")", R"("type":1)", R"("x":1)"}) {
    const Seen seen =
        TransformEvent(R"("event":"bounce",)" + std::string(type));
    EXPECT_EQ(seen.At("/event"), "\"Email Bounced\"") << type;
    EXPECT_EQ(seen.counts.dropped, 0) << type;
  }
}

TEST(Selection, EachFilterSelectsItsEventOnly) {
  for (std::size_t i = 0; i < catalog::kEventCount; ++i) {
    Options options;
    options.events = std::uint32_t{1} << i;
    for (std::size_t j = 0; j < catalog::kEventCount; ++j) {
      const catalog::EventRow& row = catalog::kEvents[j];
      const bool machine = row.condition == catalog::Condition::kMachine;
      const Seen seen = TransformEvent("\"event\":" + Quoted(row.sendgrid) +
                                           R"(,"sg_machine_open":)" +
                                           (machine ? "true" : "false"),
                                       options);
      EXPECT_EQ(seen.reason, i == j ? Reason::kNone : Reason::kEventNotSelected)
          << row.filter;
    }
  }
}

TEST(Selection, AnAddressIsNeededButNotJudged) {
  const struct {
    const char* email;
    Reason reason;
  } rows[] = {{"\"not an email address\"", Reason::kNone},
              {"\".\"", Reason::kNone},
              {R"("\u00a0")", Reason::kNone},
              {"\"\"", Reason::kMissingEmail},
              {"\"  \"", Reason::kMissingEmail},
              {R"(" \t\n\u000b\f\r")", Reason::kMissingEmail},
              {"null", Reason::kMissingEmail},
              {"1", Reason::kMissingEmail},
              {"true", Reason::kMissingEmail},
              {"[\"a@b.c\"]", Reason::kMissingEmail},
              {"{\"email\":\"a@b.c\"}", Reason::kMissingEmail}};
  for (const auto& row : rows) {
    EXPECT_EQ(TransformEvent("\"email\":" + std::string(row.email)).reason,
              row.reason)
        << row.email;
  }
  EXPECT_EQ(TransformObject(R"("event":"open","timestamp":1)").reason,
            Reason::kMissingEmail);
}

// mapping.md, 3.1.
TEST(Selection, AUserIdStandsForAnAddress) {
  Options options;
  options.user_id_from = "uid";
  options.extra_fields = {catalog::Field("email")};
  const struct {
    const char* email;
    const char* property;  // The opted-in one; null: none.
    int dropped = 0;
  } rows[] = {{"\"\"", nullptr},
              {"null", nullptr},
              {"\"  \"", "\"  \""},
              {"1", nullptr, 1},
              {"[\"a@b.c\"]", nullptr, 1}};
  for (const auto& row : rows) {
    const Seen seen = TransformEvent(
        "\"uid\":\"42\",\"email\":" + std::string(row.email), options);
    EXPECT_EQ(seen.At("/userId"), "\"42\"") << row.email;
    EXPECT_EQ(seen.At("/anonymousId"), "") << row.email;
    EXPECT_EQ(seen.At("/context/traits"), "{}") << row.email;
    EXPECT_EQ(seen.At("/properties/email"),
              row.property == nullptr ? "" : row.property)
        << row.email;
    EXPECT_EQ(seen.counts.dropped, row.dropped) << row.email;
    EXPECT_EQ(seen.counts.coerced, 0) << row.email;
  }
  for (const char* none : {R"("uid":"")", R"("uid":" \t")", R"("x":"1")"}) {
    EXPECT_EQ(
        TransformEvent(std::string(none) + ",\"email\":\"\"", options).reason,
        Reason::kMissingEmail)
        << none;
  }
  v1::SendGridEvent typed;
  typed.set_event("delivered");
  typed.set_timestamp(1);
  (*typed.mutable_custom_args())["uid"] = "42";
  EXPECT_EQ(TransformTyped(typed, options).At("/userId"), "\"42\"");
  EXPECT_EQ(TransformTyped(typed).reason, Reason::kMissingEmail);
}

struct TypeCase {
  const char* members;
  EmailType type;
};

TEST(Selection, EmailTypesComeFromStatsOrIds) {
  const TypeCase rows[] = {
      {R"("mc_stats":"singlesend")", EmailType::kSinglesend},
      {R"("mc_stats":"automation")", EmailType::kAutomation},
      {R"("mc_stats":"sendtest")", EmailType::kOther},
      {R"("mc_stats":"Singlesend")", EmailType::kOther},
      {R"("mc_stats":"\u0073inglesend")", EmailType::kSinglesend},
      {R"("mc_stats":1,"singlesend_id":"x")", EmailType::kOther},
      {R"("x":1)", EmailType::kOther},
      {R"("singlesend_id":"x")", EmailType::kSinglesend},
      {R"("singlesend_id":7)", EmailType::kSinglesend},
      {R"("mc_auto_id":"x")", EmailType::kAutomation},
      {R"("singlesend_id":"x","mc_auto_id":"y")", EmailType::kSinglesend},
      {R"("singlesend_id":"","mc_auto_id":"y")", EmailType::kAutomation},
      {R"("singlesend_id":{},"mc_auto_id":[])", EmailType::kOther},
      {R"("mc_stats":"","singlesend_id":"x")", EmailType::kSinglesend},
      {R"("mc_stats":{},"mc_auto_id":"x")", EmailType::kAutomation},
      {R"("mc_stats":"automation","singlesend_id":"x")",
       EmailType::kAutomation},
      {R"("mc_stats":"sendtest","singlesend_id":"x")", EmailType::kOther},
      {R"("marketing_campaign_id":1)", EmailType::kOther},
  };
  for (const TypeCase& row : rows) {
    for (int mask = 0; mask < 8; ++mask) {
      Options options;
      options.email_types = static_cast<std::uint8_t>(mask);
      const bool selected = (mask >> static_cast<int>(row.type) & 1) != 0;
      EXPECT_EQ(TransformEvent(row.members, options).reason,
                selected ? Reason::kNone : Reason::kEmailTypeNotSelected)
          << row.members << ", " << mask;
    }
    const std::string name =
        row.type == EmailType::kSinglesend   ? "\"Singlesend\""
        : row.type == EmailType::kAutomation ? "\"Automation\""
                                             : "";
    EXPECT_EQ(TransformEvent(row.members).At("/properties/email_type"), name)
        << row.members;
  }
}

TEST(Selection, ReasonsAreCheckedInOrder) {
  Options options;
  options.events = Bit("open");
  options.email_types = 1 << static_cast<int>(EmailType::kAutomation);
  options.only = {
      {{.field = catalog::Field("status"), .custom_arg = {}, .values = {"1"}}}};
  const EventCase rows[] = {
      {R"("x":1)", nullptr, Reason::kMissingEvent},
      {R"("event":"nonsense")", nullptr, Reason::kUnsupportedEvent},
      {R"("event":"click")", nullptr, Reason::kEventNotSelected},
      {R"("event":"open","timestamp":"x")", nullptr, Reason::kMissingEmail},
      {R"("event":"open","email":"a","timestamp":"x")", nullptr,
       Reason::kBadTimestamp},
      {R"("event":"open","email":"a","timestamp":1)", nullptr,
       Reason::kEmailTypeNotSelected},
      {R"("event":"open","email":"a","timestamp":1,"mc_stats":"automation")",
       nullptr, Reason::kNotRouted},
  };
  for (const EventCase& row : rows) {
    EXPECT_EQ(TransformObject(row.members, options).reason, row.reason)
        << row.members;
  }
}

}  // namespace
}  // namespace segrid::transform
