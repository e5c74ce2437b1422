// What the service knows about SendGrid events and Segment Tracks: THE table.
// Adding an event type is one row of kEvents; a key of SendGrid's is one row of
// kFields and one field of SendGridEvent; a property is one row of kProperties
// and one field of TrackProperties. Codecs, transform, configuration and the
// reference read these rows; a test compares them with the protos. Source of
// every row: mapping.md, sections 1 and 2.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/catalog/row.h"

namespace segrid::catalog {

// clang-format off
inline constexpr auto kFields = std::to_array<FieldRow>({
    // key                         number  type               privacy             parent
    {"email",                           1, Type::kString,     Privacy::kEmail,    ""},
    {"timestamp",                       2, Type::kTime,       Privacy::kPublic,   ""},
    {"event",                           3, Type::kString,     Privacy::kPublic,   ""},
    {"sg_event_id",                     4, Type::kString,     Privacy::kPublic,   ""},
    {"sg_message_id",                   5, Type::kString,     Privacy::kPublic,   ""},
    {"smtp-id",                         6, Type::kString,     Privacy::kPublic,   ""},
    {"category",                        7, Type::kStringList, Privacy::kPublic,   ""},
    {"asm_group_id",                    8, Type::kInteger,    Privacy::kPublic,   ""},
    {"mc_stats",                        9, Type::kString,     Privacy::kPublic,   ""},
    {"phase_id",                       10, Type::kString,     Privacy::kPublic,   ""},
    {"ip",                             11, Type::kString,     Privacy::kIp,       ""},
    {"useragent",                      12, Type::kString,     Privacy::kUserAgent, ""},
    {"url",                            13, Type::kString,     Privacy::kLink,     ""},
    {"sg_machine_open",                14, Type::kBoolean,    Privacy::kPublic,   ""},
    {"template_id",                    16, Type::kString,     Privacy::kPublic,   ""},
    {"sg_template_id",                 17, Type::kString,     Privacy::kPublic,   ""},
    {"sg_template_name",               18, Type::kString,     Privacy::kPublic,   ""},
    {"template_hash",                  19, Type::kString,     Privacy::kPublic,   ""},
    {"template_version_id",            20, Type::kString,     Privacy::kPublic,   ""},
    {"singlesend_id",                  21, Type::kString,     Privacy::kPublic,   ""},
    {"singlesend_name",                22, Type::kString,     Privacy::kPublic,   ""},
    {"mc_auto_id",                     23, Type::kString,     Privacy::kPublic,   ""},
    {"mc_auto_name",                   24, Type::kString,     Privacy::kPublic,   ""},
    {"mc_auto_step_id",                25, Type::kString,     Privacy::kPublic,   ""},
    {"mc_pod_id",                      26, Type::kString,     Privacy::kPublic,   ""},
    {"send_at",                        27, Type::kString,     Privacy::kPublic,   ""},
    {"reason",                         28, Type::kString,     Privacy::kPersonal, ""},
    {"response",                       29, Type::kString,     Privacy::kPersonal, ""},
    {"status",                         30, Type::kString,     Privacy::kPublic,   ""},
    {"type",                           31, Type::kString,     Privacy::kPublic,   ""},
    {"bounce_classification",          32, Type::kString,     Privacy::kPublic,   ""},
    {"sg_content_type",                33, Type::kString,     Privacy::kPublic,   ""},
    {"domain",                         34, Type::kString,     Privacy::kPublic,   ""},
    {"from",                           35, Type::kString,     Privacy::kPersonal, ""},
    {"attempt",                        36, Type::kInteger,    Privacy::kPublic,   ""},
    {"tls",                            37, Type::kBoolean,    Privacy::kPublic,   ""},
    {"cert_err",                       38, Type::kBoolean,    Privacy::kPublic,   ""},
    {"marketing_campaign_id",          39, Type::kString,     Privacy::kPublic,   ""},
    {"marketing_campaign_name",        40, Type::kString,     Privacy::kPublic,   ""},
    {"marketing_campaign_version",     41, Type::kString,     Privacy::kPublic,   ""},
    {"marketing_campaign_split_id",    42, Type::kInteger,    Privacy::kPublic,   ""},
    {"reseller_id",                    43, Type::kInteger,    Privacy::kPublic,   ""},
    {"sg_user_id",                     44, Type::kInteger,    Privacy::kPublic,   ""},
    {"url_offset",                     45, Type::kObject,     Privacy::kPublic,   ""},
    {"pool",                           46, Type::kObject,     Privacy::kPublic,   ""},
    {"newsletter",                     47, Type::kObject,     Privacy::kPublic,   ""},
    {"index",                           1, Type::kInteger,    Privacy::kPublic,   "url_offset"},
    {"type",                            2, Type::kString,     Privacy::kPublic,   "url_offset"},
    {"name",                            1, Type::kString,     Privacy::kPublic,   "pool"},
    {"id",                              2, Type::kString,     Privacy::kPublic,   "pool"},
    {"newsletter_user_list_id",         1, Type::kString,     Privacy::kPublic,   "newsletter"},
    {"newsletter_id",                   2, Type::kString,     Privacy::kPublic,   "newsletter"},
    {"newsletter_send_id",              3, Type::kString,     Privacy::kPublic,   "newsletter"},
});

inline constexpr auto kEvents = std::to_array<EventRow>({
    // sendgrid            condition            segment                    filter               act    default
    {"processed",          Condition::kAlways,  "Email Processed",         "processed",         false, true},
    {"delivered",          Condition::kAlways,  "Email Delivered",         "delivered",         false, true},
    {"open",               Condition::kHuman,   "Email Opened",            "open",              true,  true},
    {"open",               Condition::kMachine, "Email Machine Opened",    "machine_opened",    true,  true},
    {"click",              Condition::kAlways,  "Email Link Clicked",      "click",             true,  true},
    {"dropped",            Condition::kAlways,  "Email Dropped",           "drop",              false, true},
    {"bounce",             Condition::kAlways,  "Email Bounced",           "bounce",            false, true},
    {"unsubscribe",        Condition::kAlways,  "Unsubscribed",            "unsubscribe",       true,  true},
    {"group_unsubscribe",  Condition::kAlways,  "Unsubscribed From Group", "group_unsubscribe", true,  true},
    {"group_resubscribe",  Condition::kAlways,  "Resubscribed To Group",   "group_resubscribe", true,  true},
    {"spamreport",         Condition::kAlways,  "Email Marked as Spam",    "spamreport",        true,  true},
    {"deferred",           Condition::kAlways,  "Email Deferred",          "deferred",          false, false},
});

inline constexpr auto kProperties = std::to_array<PropertyRow>({
    // name                 number  place               type               rule               when                 filling               first              second
    {"email_type",               1, Place::kProperties, Type::kString,     Rule::kEmailType,  When::kAlways,       Filling::kNever,      "mc_stats",        ""},
    {"template_id",              2, Place::kProperties, Type::kString,     Rule::kFirstOf,    When::kAlways,       Filling::kNever,      "template_id",     "sg_template_id"},
    {"email_subject",            3, Place::kProperties, Type::kString,     Rule::kSubject,    When::kAlways,       Filling::kByArgument, "",                ""},
    {"test_phase",               4, Place::kProperties, Type::kBoolean,    Rule::kTestPhase,  When::kAlways,       Filling::kNever,      "phase_id",        ""},
    {"unsubscribe_group_id",     5, Place::kProperties, Type::kInteger,    Rule::kFirstOf,    When::kAlways,       Filling::kByArgument, "asm_group_id",    ""},
    {"link_url",                 6, Place::kProperties, Type::kString,     Rule::kFirstOf,    When::kClick,        Filling::kNever,      "url",             ""},
    {"categories",               7, Place::kProperties, Type::kStringList, Rule::kFirstOf,    When::kAlways,       Filling::kByArgument, "category",        ""},
    {"campaign_name",            8, Place::kProperties, Type::kString,     Rule::kFirstOf,    When::kAlways,       Filling::kByArgument, "singlesend_name", "marketing_campaign_name"},
    {"campaign_id",              9, Place::kProperties, Type::kString,     Rule::kFirstOf,    When::kAlways,       Filling::kByArgument, "singlesend_id",   "marketing_campaign_id"},
    {"automation_name",         10, Place::kProperties, Type::kString,     Rule::kFirstOf,    When::kAlways,       Filling::kByArgument, "mc_auto_name",    ""},
    {"automation_id",           11, Place::kProperties, Type::kString,     Rule::kFirstOf,    When::kAlways,       Filling::kByArgument, "mc_auto_id",      ""},
    {"automation_step_id",      12, Place::kProperties, Type::kString,     Rule::kFirstOf,    When::kAlways,       Filling::kByArgument, "mc_auto_step_id", ""},
    {"email",                    1, Place::kTraits,     Type::kString,     Rule::kFirstOf,    When::kAlways,       Filling::kNever,      "email",           ""},
    {"ip",                       2, Place::kTraits,     Type::kString,     Rule::kFirstOf,    When::kRecipientAct, Filling::kNever,      "ip",              ""},
    {"user_agent",               3, Place::kTraits,     Type::kString,     Rule::kFirstOf,    When::kRecipientAct, Filling::kNever,      "useragent",       ""},
    {"ip",                       2, Place::kContext,    Type::kString,     Rule::kFirstOf,    When::kSpecContext,  Filling::kNever,      "ip",              ""},
    {"userAgent",                3, Place::kContext,    Type::kString,     Rule::kFirstOf,    When::kSpecContext,  Filling::kNever,      "useragent",       ""},
});

// What a source may opt into besides the fields.
inline constexpr auto kDerived = std::to_array<DerivedRow>({
    // name           derivation                     from
    {"x_message_id",  Derivation::kHeadOfMessageId, "sg_message_id"},
    {"suspected_bot", Derivation::kSuspectedBot,    "useragent"},
});
// clang-format on

// Ids of documentation samples, on each of their events: as good as none
// (mapping.md, 3.2).
inline constexpr auto kPlaceholderIds = std::to_array<std::string_view>({
    "sg_event_id",                 // Twilio's page on the Event Webhook.
    "sendgrid_internal_event_id",  // SendGrid's older page, still copied.
});

// Objects whose members are custom arguments; of one name in both, that of the
// first counts (mapping.md, 3.13): SendGrid's Email Logs API, its old webhooks.
inline constexpr auto kArgumentObjects =
    std::to_array<std::string_view>({"custom_args", "unique_args"});

inline constexpr std::size_t kFieldCount = kFields.size();
inline constexpr std::size_t kEventCount = kEvents.size();
inline constexpr std::size_t kPropertyCount = kProperties.size();
inline constexpr std::size_t kDerivedCount = kDerived.size();

// The proto field of SendGridEvent that holds the custom arguments, and that of
// TrackProperties that holds what a source opted into.
inline constexpr std::uint32_t kCustomArgsNumber = 15;
inline constexpr std::uint32_t kExtraNumber = 15;

// Position of a row in kFields.
enum class FieldId : std::uint8_t {};
inline constexpr FieldId kNoField{0xFF};

constexpr std::size_t Index(FieldId id) { return static_cast<std::size_t>(id); }
constexpr const FieldRow& Row(FieldId id) { return kFields[Index(id)]; }

// The row of a key: of an event's own when `parent` is empty, else of a member
// of that object. kNoField if the catalog does not know it.
constexpr FieldId FindField(std::string_view key,
                            std::string_view parent = {}) {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    if (kFields[i].key == key && kFields[i].parent == parent) {
      return FieldId(static_cast<std::uint8_t>(i));
    }
  }
  return kNoField;
}

// FindField for keys written in code: a key that is not in the table does not
// compile.
consteval FieldId Field(std::string_view key, std::string_view parent = {}) {
  const FieldId id = FindField(key, parent);
  if (id == kNoField) throw "no row has this key";
  return id;
}

// The first member of an object and the number of its members; they stand side
// by side.
struct Members {
  std::size_t first = 0;
  std::size_t count = 0;
};
inline constexpr auto kMembers = [] {
  std::array<Members, kFieldCount> members{};
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    if (kFields[i].parent.empty()) continue;
    Members& of = members[Index(FindField(kFields[i].parent))];
    if (of.count++ == 0) of.first = i;
  }
  return members;
}();
constexpr Members MembersOf(FieldId object) { return kMembers[Index(object)]; }

// Position of the row of this name in `properties`, or kPropertyCount.
constexpr std::size_t FindProperty(std::string_view name) {
  for (std::size_t i = 0; i < kPropertyCount; ++i) {
    if (kProperties[i].place == Place::kProperties &&
        kProperties[i].name == name) {
      return i;
    }
  }
  return kPropertyCount;
}

// True for a name in `properties` that the table owns: opted-in values never
// overwrite it.
constexpr bool IsOwnedProperty(std::string_view name) {
  return FindProperty(name) != kPropertyCount;
}

// Position of the row of kDerived with this name, or kDerivedCount.
constexpr std::size_t FindDerived(std::string_view name) {
  for (std::size_t i = 0; i < kDerivedCount; ++i) {
    if (kDerived[i].name == name) return i;
  }
  return kDerivedCount;
}

// Position of this key in kArgumentObjects, or their number.
constexpr std::size_t FindArgumentObject(std::string_view key) {
  for (std::size_t i = 0; i < kArgumentObjects.size(); ++i) {
    if (kArgumentObjects[i] == key) return i;
  }
  return kArgumentObjects.size();
}

// Position of the event row with this filter name, or kEventCount.
constexpr std::size_t FindFilter(std::string_view filter) {
  for (std::size_t i = 0; i < kEventCount; ++i) {
    if (kEvents[i].filter == filter) return i;
  }
  return kEventCount;
}

namespace internal {

constexpr bool FieldsAreSound() {
  std::size_t lists = 0;
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const FieldRow& row = kFields[i];
    if (Index(FindField(row.key, row.parent)) != i) return false;  // Duplicate.
    lists += row.type == Type::kStringList;
    if (row.parent.empty()) continue;
    const FieldId object = FindField(row.parent);
    if (object == kNoField || Row(object).type != Type::kObject) return false;
    const Members members = MembersOf(object);
    if (i < members.first || i >= members.first + members.count) return false;
  }
  return lists <= 1 && kFieldCount <= 64;
}

constexpr bool EventsAreSound() {
  for (std::size_t i = 0; i < kEventCount; ++i) {
    if (FindFilter(kEvents[i].filter) != i) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (kEvents[i].sendgrid == kEvents[j].sendgrid &&
          kEvents[i].condition == kEvents[j].condition) {
        return false;
      }
    }
  }
  return kEventCount <= 32;
}

// A property takes a field of its own type, so values are converted once.
constexpr bool PropertiesAreSound() {
  for (const PropertyRow& row : kProperties) {
    for (const std::string_view key : {row.first, row.second}) {
      if (key.empty()) continue;
      const FieldId id = FindField(key);
      if (id == kNoField) return false;
      if (row.rule == Rule::kFirstOf && Row(id).type != row.type) return false;
    }
  }
  return true;
}

// Derived properties have names of their own and come from a text.
constexpr bool DerivedAreSound() {
  for (std::size_t i = 0; i < kDerivedCount; ++i) {
    const DerivedRow& row = kDerived[i];
    if (FindDerived(row.name) != i || FindField(row.name) != kNoField ||
        IsOwnedProperty(row.name)) {
      return false;
    }
    const FieldId from = FindField(row.from);
    if (from == kNoField || Row(from).type != Type::kString) return false;
  }
  return kDerivedCount <= 8;
}

}  // namespace internal

static_assert(internal::FieldsAreSound(),
              "kFields: unique, one list, members side by side, <= 64 rows");
static_assert(internal::EventsAreSound(),
              "kEvents: no duplicates, filter names unique, <= 32 rows");
static_assert(internal::PropertiesAreSound(),
              "kProperties: sources exist and have the property's type");
static_assert(internal::DerivedAreSound(),
              "kDerived: new names, made of texts, <= 8 rows");

}  // namespace segrid::catalog
