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
              {"2", false, 0, 1},
              {"\"yes\"", false, 0, 1},
              {"\"TRUE\"", false, 0, 1},
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

TEST(Selection, OnlyBouncesAndBlocksAreBounces) {
  const EventCase rows[] = {
      {R"("type":"bounce")", "Email Bounced"},
      {R"("type":"blocked")", "Email Bounced"},
      {R"("type":"")", "Email Bounced"},
      {R"("type":null)", "Email Bounced"},
      {R"("type":{})", "Email Bounced"},
      {R"("type":"\u0062ounce")", "Email Bounced"},
      {R"("type":"expired")", nullptr, Reason::kUnsupportedEvent},
      {R"("type":"Bounce")", nullptr, Reason::kUnsupportedEvent},
      {R"("type":1)", nullptr, Reason::kUnsupportedEvent},
  };
  for (const EventCase& row : rows) {
    const Seen seen =
        TransformEvent(R"("event":"bounce",)" + std::string(row.members));
    EXPECT_EQ(seen.reason, row.reason) << row.members;
    if (row.event != nullptr) {
      EXPECT_EQ(seen.At("/event"), "\"Email Bounced\"") << row.members;
    }
  }
  EXPECT_EQ(TransformEvent(R"("event":"dropped","type":"expired")").reason,
            Reason::kNone);
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
  options.email_types = 0;
  const EventCase rows[] = {
      {R"("x":1)", nullptr, Reason::kMissingEvent},
      {R"("event":"nonsense")", nullptr, Reason::kUnsupportedEvent},
      {R"("event":"click")", nullptr, Reason::kEventNotSelected},
      {R"("event":"open","timestamp":"x")", nullptr, Reason::kMissingEmail},
      {R"("event":"open","email":"a","timestamp":"x")", nullptr,
       Reason::kBadTimestamp},
      {R"("event":"open","email":"a","timestamp":1)", nullptr,
       Reason::kEmailTypeNotSelected},
  };
  for (const EventCase& row : rows) {
    EXPECT_EQ(TransformObject(row.members, options).reason, row.reason)
        << row.members;
  }
}

}  // namespace
}  // namespace segrid::transform
