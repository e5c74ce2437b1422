// What the rows of THE table say (catalog.h): their columns and the values that
// these may have. Source: mapping.md, sections 1 and 2.

#pragma once

#include <cstdint>
#include <string_view>

namespace segrid::catalog {

enum class Type : std::uint8_t {
  kString,
  kInteger,  // 64 bits, signed.
  kBoolean,
  kStringList,  // At most one field has this type.
  kObject,      // Its members are rows of their own.
};

enum class Privacy : std::uint8_t { kPublic, kPersonal };

// A key of a SendGrid event.
struct FieldRow {
  std::string_view key;     // In the JSON object.
  std::uint8_t number;      // Of the proto field in SendGridEvent or, for a
                            // member, in the object's message.
  Type type;                // Other types are converted where that is safe.
  Privacy privacy;          // Personal values never reach logs or metrics.
  std::string_view parent;  // The object whose member this is; "" = top level.
};

// What makes one of several rows with the same SendGrid event apply.
enum class Condition : std::uint8_t {
  kAlways,
  kHuman,    // `sg_machine_open` is missing or false.
  kMachine,  // `sg_machine_open` is true.
  kBounce,   // `type` is `bounce`, `blocked` or missing.
};

// An event type.
struct EventRow {
  std::string_view sendgrid;  // Value of `event`.
  Condition condition;
  std::string_view segment;  // Name of the Track.
  std::string_view filter;   // Name in a source's `events`.
  bool recipient_act;  // The recipient did it: `ip` and `useragent` are theirs.
  bool by_default;     // Selected where a source does not say.
};

// Where in the Track message a property stands.
enum class Place : std::uint8_t { kProperties, kTraits, kContext };

// How a property gets its value.
enum class Rule : std::uint8_t {
  kFirstOf,    // `first`, else `second`.
  kEmailType,  // "Singlesend" or "Automation", from `first` and the ids.
  kSubject,    // The custom argument that the source names.
  kTestPhase,  // `first`: true for `test`, false for `send`; Single Sends only.
};

// Which Tracks have the property.
enum class When : std::uint8_t {
  kAlways,
  kClick,         // Only `click`.
  kRecipientAct,  // Only where EventRow::recipient_act.
  kSpecContext,   // As kRecipientAct, and the source says `spec_context`.
};

// A value of the Track message.
struct PropertyRow {
  std::string_view name;  // In JSON.
  std::uint8_t number;    // Of the proto field in the place's message.
  Place place;
  Type type;
  Rule rule;
  When when;
  std::string_view first;  // Keys of kFields.
  std::string_view second;
};

}  // namespace segrid::catalog
