// The table against mapping.md, written a second time: what no proto can tell.

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "core/catalog/catalog.h"
#include "core/transform/options.h"
#include "gtest/gtest.h"

namespace segrid::catalog {
namespace {

// mapping.md, 1: event, extra condition, Segment event, filter name; the
// recipient's own acts are those of `context.traits.ip`.
struct SpecEvent {
  std::string_view sendgrid;
  Condition condition;
  std::string_view segment;
  std::string_view filter;
  bool recipient_act;
  bool by_default;
};

constexpr auto kAlways = Condition::kAlways;
const std::vector<SpecEvent> kSpecEvents = {
    {"processed", kAlways, "Email Processed", "processed", false, true},
    {"delivered", kAlways, "Email Delivered", "delivered", false, true},
    {"open", Condition::kHuman, "Email Opened", "open", true, true},
    {"open", Condition::kMachine, "Email Machine Opened", "machine_opened",
     true, true},
    {"click", kAlways, "Email Link Clicked", "click", true, true},
    {"dropped", kAlways, "Email Dropped", "drop", false, true},
    {"bounce", kAlways, "Email Bounced", "bounce", false, true},
    {"unsubscribe", kAlways, "Unsubscribed", "unsubscribe", true, true},
    {"group_unsubscribe", kAlways, "Unsubscribed From Group",
     "group_unsubscribe", true, true},
    {"group_resubscribe", kAlways, "Resubscribed To Group", "group_resubscribe",
     true, true},
    {"spamreport", kAlways, "Email Marked as Spam", "spamreport", true, true},
    {"deferred", kAlways, "Email Deferred", "deferred", false, false},
};

TEST(CatalogSpec, EventsAreThoseOfTheDefinition) {
  ASSERT_EQ(kEventCount, kSpecEvents.size());
  for (const SpecEvent& spec : kSpecEvents) {
    const std::size_t row = FindFilter(spec.filter);
    ASSERT_LT(row, kEventCount) << spec.filter;
    EXPECT_EQ(kEvents[row].sendgrid, spec.sendgrid) << spec.filter;
    EXPECT_EQ(kEvents[row].condition, spec.condition) << spec.filter;
    EXPECT_EQ(kEvents[row].segment, spec.segment) << spec.filter;
    EXPECT_EQ(kEvents[row].recipient_act, spec.recipient_act) << spec.filter;
    EXPECT_EQ(kEvents[row].by_default, spec.by_default) << spec.filter;
  }
  EXPECT_EQ(FindFilter("account_status_change"), kEventCount);
  EXPECT_EQ(FindFilter(""), kEventCount);
}

TEST(CatalogSpec, TheDefaultIsTheElevenEvents) {
  std::size_t selected = 0;
  for (std::size_t i = 0; i < kEventCount; ++i) {
    const bool on = (transform::DefaultEvents() >> i & 1) != 0;
    EXPECT_EQ(on, kEvents[i].filter != "deferred") << kEvents[i].filter;
    selected += on;
  }
  EXPECT_EQ(selected, 11u);
}

struct SpecProperty {
  Place place;
  std::string_view name;
  Type type;
  Rule rule;
  When when;
  std::string_view first;
  std::string_view second;
};

const std::vector<SpecProperty>& SpecProperties() {
  constexpr auto kProps = Place::kProperties;
  constexpr auto kText = Type::kString;
  constexpr auto kFirst = Rule::kFirstOf;
  constexpr auto kAll = When::kAlways;
  constexpr auto kAct = When::kRecipientAct;
  static const auto& rows = *new std::vector<SpecProperty>{
      {kProps, "email_type", kText, Rule::kEmailType, kAll, "mc_stats", ""},
      {kProps, "template_id", kText, kFirst, kAll, "template_id",
       "sg_template_id"},
      {kProps, "email_subject", kText, Rule::kSubject, kAll, "", ""},
      {kProps, "test_phase", Type::kBoolean, Rule::kTestPhase, kAll, "phase_id",
       ""},
      {kProps, "unsubscribe_group_id", Type::kInteger, kFirst, kAll,
       "asm_group_id", ""},
      {kProps, "link_url", kText, kFirst, When::kClick, "url", ""},
      {kProps, "categories", Type::kStringList, kFirst, kAll, "category", ""},
      {kProps, "campaign_name", kText, kFirst, kAll, "singlesend_name",
       "marketing_campaign_name"},
      {kProps, "campaign_id", kText, kFirst, kAll, "singlesend_id",
       "marketing_campaign_id"},
      {kProps, "automation_name", kText, kFirst, kAll, "mc_auto_name", ""},
      {kProps, "automation_id", kText, kFirst, kAll, "mc_auto_id", ""},
      {kProps, "automation_step_id", kText, kFirst, kAll, "mc_auto_step_id",
       ""},
      {Place::kTraits, "email", kText, kFirst, kAll, "email", ""},
      {Place::kTraits, "ip", kText, kFirst, kAct, "ip", ""},
      {Place::kTraits, "user_agent", kText, kFirst, kAct, "useragent", ""},
      {Place::kContext, "ip", kText, kFirst, When::kSpecContext, "ip", ""},
      {Place::kContext, "userAgent", kText, kFirst, When::kSpecContext,
       "useragent", ""},
  };
  return rows;
}

TEST(CatalogSpec, PropertiesAreThoseOfTheDefinition) {
  ASSERT_EQ(kPropertyCount, SpecProperties().size());
  for (const SpecProperty& spec : SpecProperties()) {
    const auto* const row = std::find_if(
        kProperties.begin(), kProperties.end(), [&spec](const auto& r) {
          return r.place == spec.place && r.name == spec.name;
        });
    ASSERT_NE(row, kProperties.end()) << spec.name;
    EXPECT_EQ(row->type, spec.type) << spec.name;
    EXPECT_EQ(row->rule, spec.rule) << spec.name;
    EXPECT_EQ(row->when, spec.when) << spec.name;
    EXPECT_EQ(row->first, spec.first) << spec.name;
    EXPECT_EQ(row->second, spec.second) << spec.name;
    // No name stands both in `properties` and elsewhere.
    EXPECT_EQ(IsOwnedProperty(spec.name), spec.place == Place::kProperties)
        << spec.name;
  }
  EXPECT_FALSE(IsOwnedProperty("reason"));
  EXPECT_FALSE(IsOwnedProperty("event"));
}

// mapping.md, 2: the fields that were seen, by type.
TEST(CatalogSpec, FieldsHaveTheTypesThatSendGridPosts) {
  const std::set<std::string_view> integers = {
      "asm_group_id", "attempt",    "marketing_campaign_split_id",
      "reseller_id",  "sg_user_id", "index"};
  const std::set<std::string_view> booleans = {"sg_machine_open", "tls",
                                               "cert_err"};
  const std::set<std::string_view> objects = {"url_offset", "pool",
                                              "newsletter"};
  for (const FieldRow& row : kFields) {
    const Type expected = integers.contains(row.key)   ? Type::kInteger
                          : booleans.contains(row.key) ? Type::kBoolean
                          : objects.contains(row.key)  ? Type::kObject
                          : row.key == "timestamp"     ? Type::kTime
                          : row.key == "category"      ? Type::kStringList
                                                       : Type::kString;
    EXPECT_EQ(row.type, expected) << row.key;
  }
}

TEST(CatalogSpec, FieldsThatTellOfThePersonAreMarked) {
  const std::set<std::string_view> personal = {
      "email", "ip", "useragent", "url", "reason", "response", "from"};
  for (const FieldRow& row : kFields) {
    EXPECT_EQ(row.privacy != Privacy::kPublic, personal.contains(row.key))
        << row.key;
  }
}

// mapping.md, 3.14: each switch of `personal` has its field.
TEST(CatalogSpec, SwitchesOfPersonalDataHaveTheirFields) {
  const std::map<Privacy, std::string_view> fields = {
      {Privacy::kEmail, "email"},
      {Privacy::kIp, "ip"},
      {Privacy::kUserAgent, "useragent"},
      {Privacy::kLink, "url"}};
  for (const auto& [privacy, key] : fields) {
    for (const FieldRow& row : kFields) {
      EXPECT_EQ(row.privacy == privacy, row.key == key) << row.key;
    }
  }
}

// mapping.md, 3.5: the exact list.
TEST(CatalogSpec, ArgumentsMayFillEightProperties) {
  const std::set<std::string_view> filled = {
      "email_subject",      "campaign_name",       "campaign_id",
      "categories",         "automation_name",     "automation_id",
      "automation_step_id", "unsubscribe_group_id"};
  for (const PropertyRow& row : kProperties) {
    EXPECT_EQ(row.filling == Filling::kByArgument,
              row.place == Place::kProperties && filled.contains(row.name))
        << row.name;
  }
}

TEST(CatalogSpec, DerivedPropertiesAreThoseOfTheDefinition) {
  const std::map<std::string_view, std::string_view> derived = {
      {"x_message_id", "sg_message_id"}, {"suspected_bot", "useragent"}};
  ASSERT_EQ(kDerivedCount, derived.size());
  for (const DerivedRow& row : kDerived) {
    EXPECT_EQ(derived.at(row.name), row.from);
  }
}

TEST(CatalogSpec, PlaceholdersAreThoseOfTheSamples) {
  EXPECT_EQ(std::set<std::string_view>(kPlaceholderIds.begin(),
                                       kPlaceholderIds.end()),
            (std::set<std::string_view>{"sg_event_id",
                                        "sendgrid_internal_event_id"}));
}

TEST(CatalogSpec, FindsRowsByKeyAndParent) {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const FieldRow& row = kFields[i];
    EXPECT_EQ(Index(FindField(row.key, row.parent)), i) << row.key;
  }
  EXPECT_EQ(FindField("index"), kNoField);
  EXPECT_EQ(FindField("email", "pool"), kNoField);
  EXPECT_EQ(FindField(""), kNoField);
  EXPECT_NE(FindField("type"), FindField("type", "url_offset"));
}

TEST(CatalogSpec, MembersStandSideBySide) {
  EXPECT_EQ(MembersOf(Field("url_offset")).count, 2u);
  EXPECT_EQ(MembersOf(Field("pool")).count, 2u);
  EXPECT_EQ(MembersOf(Field("newsletter")).count, 3u);
  EXPECT_EQ(MembersOf(Field("email")).count, 0u);
  EXPECT_EQ(kFields[MembersOf(Field("pool")).first].key, "name");
}

}  // namespace
}  // namespace segrid::catalog
