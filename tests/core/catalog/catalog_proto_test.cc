// The table against the protos, both ways: a row without its field, a field
// without its row, or a difference between the two fails.

#include <set>
#include <string>

#include "core/catalog/catalog.h"
#include "core/transform/outcome.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::catalog {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using Label = FieldDescriptor::Label;

// What a field of a type must be in the proto.
FieldDescriptor::Type ProtoType(Type type) {
  switch (type) {
    case Type::kInteger:
    case Type::kTime:
      return FieldDescriptor::TYPE_INT64;
    case Type::kBoolean:
      return FieldDescriptor::TYPE_BOOL;
    case Type::kObject:
      return FieldDescriptor::TYPE_MESSAGE;
    default:
      return FieldDescriptor::TYPE_STRING;
  }
}

// Zero and false must be told from missing, "" need not.
bool NeedsPresence(Type type) {
  return IsInteger(type) || type == Type::kBoolean;
}

void ExpectSame(std::string_view key, std::uint32_t number, Type type,
                const Descriptor& message) {
  SCOPED_TRACE(message.full_name() + ": " + std::string(key));
  const FieldDescriptor* const field =
      message.FindFieldByNumber(static_cast<int>(number));
  ASSERT_NE(field, nullptr) << "the proto has no field " << number;
  EXPECT_EQ(field->type(), ProtoType(type));
  EXPECT_EQ(field->is_repeated(), type == Type::kStringList);
  EXPECT_EQ(field->has_optional_keyword(), NeedsPresence(type));
  EXPECT_EQ(field->real_containing_oneof(), nullptr);
  // The key is the field's name or, where it cannot be, its JSON name.
  if (field->name() != key) {
    EXPECT_EQ(field->json_name(), key) << field->name();
  }
}

const Descriptor& EventMessage() { return *v1::SendGridEvent::descriptor(); }

// The message that holds an object's members.
const Descriptor& MessageOf(std::string_view object) {
  const auto number = Row(FindField(object)).number;
  return *EventMessage().FindFieldByNumber(number)->message_type();
}

TEST(CatalogProto, EveryFieldRowIsAFieldOfTheEvent) {
  for (const FieldRow& row : kFields) {
    ExpectSame(row.key, row.number, row.type,
               row.parent.empty() ? EventMessage() : MessageOf(row.parent));
  }
}

TEST(CatalogProto, EveryFieldOfTheEventIsARow) {
  const auto expect_rows = [](const Descriptor& message,
                              std::string_view parent) {
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      if (parent.empty() && field.number() == int{kCustomArgsNumber}) continue;
      int rows = 0;
      for (const FieldRow& row : kFields) {
        rows += row.parent == parent && row.number == field.number();
      }
      EXPECT_EQ(rows, 1) << field.full_name();
    }
  };
  expect_rows(EventMessage(), "");
  for (const FieldRow& row : kFields) {
    if (row.type == Type::kObject) expect_rows(MessageOf(row.key), row.key);
  }
}

TEST(CatalogProto, CustomArgumentsAreAMapOfStrings) {
  const FieldDescriptor* const field =
      EventMessage().FindFieldByNumber(kCustomArgsNumber);
  ASSERT_NE(field, nullptr);
  EXPECT_EQ(field->name(), "custom_args");
  EXPECT_EQ(field->number(), 15);
  ASSERT_TRUE(field->is_map());
  EXPECT_EQ(field->message_type()->map_key()->type(),
            FieldDescriptor::TYPE_STRING);
  EXPECT_EQ(field->message_type()->map_value()->type(),
            FieldDescriptor::TYPE_STRING);
}

const Descriptor& MessageOf(Place place) {
  switch (place) {
    case Place::kTraits:
      return *v1::TrackTraits::descriptor();
    case Place::kContext:
      return *v1::TrackContext::descriptor();
    default:
      return *v1::TrackProperties::descriptor();
  }
}

TEST(CatalogProto, EveryPropertyRowIsAFieldOfTheTrack) {
  for (const PropertyRow& row : kProperties) {
    ExpectSame(row.name, row.number, row.type, MessageOf(row.place));
  }
}

TEST(CatalogProto, EveryFieldOfTheTrackIsAPropertyRow) {
  for (const Place place :
       {Place::kProperties, Place::kTraits, Place::kContext}) {
    const Descriptor& message = MessageOf(place);
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      if (field.full_name() == "segrid.v1.TrackProperties.extra" ||
          field.full_name() == "segrid.v1.TrackContext.traits") {
        continue;
      }
      int rows = 0;
      for (const PropertyRow& row : kProperties) {
        rows += row.place == place && row.number == field.number();
      }
      EXPECT_EQ(rows, 1) << field.full_name();
    }
  }
}

// The JSON of Segment's own spec writes user_agent in two ways.
TEST(CatalogProto, JsonNamesOfTheUserAgentAreThoseOfTheirPlaces) {
  for (const PropertyRow& row : kProperties) {
    if (row.first != "useragent") continue;
    EXPECT_EQ(row.name,
              row.place == Place::kContext ? "userAgent" : "user_agent");
    const FieldDescriptor* const field =
        MessageOf(row.place).FindFieldByNumber(row.number);
    EXPECT_EQ(field->name(), "user_agent");
    EXPECT_EQ(field->json_name(), "userAgent");
  }
}

TEST(CatalogProto, ExtrasAreAMapOfExtraValues) {
  const FieldDescriptor* const field =
      v1::TrackProperties::descriptor()->FindFieldByNumber(kExtraNumber);
  ASSERT_NE(field, nullptr);
  EXPECT_EQ(field->name(), "extra");
  EXPECT_EQ(field->number(), 15);
  ASSERT_TRUE(field->is_map());
  EXPECT_EQ(field->message_type()->map_value()->message_type(),
            v1::ExtraValue::descriptor());
}

// One kind per type of value, then one per object in the order of the table.
TEST(CatalogProto, ExtraValuesHaveAKindForEachObject) {
  const Descriptor& extra = *v1::ExtraValue::descriptor();
  int number = v1::ExtraValue::kListValueFieldNumber;
  EXPECT_EQ(number, 4);
  for (const FieldRow& row : kFields) {
    if (row.type != Type::kObject) continue;
    const FieldDescriptor* const field = extra.FindFieldByNumber(++number);
    ASSERT_NE(field, nullptr) << row.key;
    EXPECT_EQ(field->name(), row.key);
    EXPECT_EQ(field->message_type(), &MessageOf(row.key)) << row.key;
  }
  EXPECT_EQ(extra.field_count(), number);
}

TEST(CatalogProto, ReasonsAreThoseOfTheProto) {
  const EnumDescriptor& reasons = *v1::Reason_descriptor();
  ASSERT_EQ(static_cast<std::size_t>(reasons.value_count()),
            transform::kReasons.size());
  for (int i = 1; i < reasons.value_count(); ++i) {
    const auto& row = transform::Describe(static_cast<transform::Reason>(i));
    ASSERT_NE(reasons.FindValueByNumber(i), nullptr) << i;
    EXPECT_EQ(reasons.FindValueByNumber(i)->name(),
              "REASON_" + std::string(row.name));
    EXPECT_FALSE(row.detail.empty()) << row.name;
    EXPECT_TRUE(row.field.empty() || FindField(row.field) != kNoField)
        << row.field;
  }
}

TEST(CatalogProto, OutcomesAreThoseOfTheProto) {
  using transform::Outcome;
  EXPECT_EQ(static_cast<int>(Outcome::kSkipped), v1::OUTCOME_SKIPPED);
  EXPECT_EQ(static_cast<int>(Outcome::kRejected), v1::OUTCOME_REJECTED);
  EXPECT_EQ(v1::Outcome_descriptor()->value_count(), 3);
}

TEST(CatalogProto, ReasonsHaveTheNumbersAndOutcomesOfTheSpec) {
  using transform::Outcome;
  using transform::Reason;
  const struct {
    Reason reason;
    int number;
    Outcome outcome;
    std::string_view name;
  } rows[] = {
      {Reason::kNone, 0, Outcome::kTrack, ""},
      {Reason::kUnsupportedEvent, v1::REASON_UNSUPPORTED_EVENT,
       Outcome::kSkipped, "UNSUPPORTED_EVENT"},
      {Reason::kEventNotSelected, v1::REASON_EVENT_NOT_SELECTED,
       Outcome::kSkipped, "EVENT_NOT_SELECTED"},
      {Reason::kEmailTypeNotSelected, v1::REASON_EMAIL_TYPE_NOT_SELECTED,
       Outcome::kSkipped, "EMAIL_TYPE_NOT_SELECTED"},
      {Reason::kNotAnObject, v1::REASON_NOT_AN_OBJECT, Outcome::kRejected,
       "NOT_AN_OBJECT"},
      {Reason::kMissingEvent, v1::REASON_MISSING_EVENT, Outcome::kRejected,
       "MISSING_EVENT"},
      {Reason::kMissingEmail, v1::REASON_MISSING_EMAIL, Outcome::kRejected,
       "MISSING_EMAIL"},
      {Reason::kBadTimestamp, v1::REASON_BAD_TIMESTAMP, Outcome::kRejected,
       "BAD_TIMESTAMP"},
      {Reason::kTooLarge, v1::REASON_TOO_LARGE, Outcome::kRejected,
       "TOO_LARGE"},
      {Reason::kNotRouted, v1::REASON_NOT_ROUTED, Outcome::kSkipped,
       "NOT_ROUTED"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(static_cast<int>(row.reason), row.number) << row.name;
    EXPECT_EQ(transform::Describe(row.reason).outcome, row.outcome) << row.name;
    EXPECT_EQ(transform::Describe(row.reason).name, row.name);
  }
}

}  // namespace
}  // namespace segrid::catalog
