// What the rows of THE table say (catalog.h): their columns and the values that
// these may have. Source: mapping.md, sections 1 and 2.

#pragma once

#include <cstdint>
#include <string_view>

namespace segrid::catalog {

enum class Type : std::uint8_t {
  kString,
  kInteger,  // 64 bits, signed.
  kTime,     // As kInteger: seconds or milliseconds since 1970, or a text or
             // number that says a time.
  kBoolean,
  kStringList,  // At most one field has this type.
  kObject,      // Its members are rows of their own.
};

// True for the types whose values are integers on every way out.
constexpr bool IsInteger(Type type) {
  return type == Type::kInteger || type == Type::kTime;
}

// Whether a value tells of a person. Of these, some have a switch of their own
// in a source's `personal` (mapping.md, 3.14).
enum class Privacy : std::uint8_t {
  kPublic,
  kPersonal,   // May hold an address; no switch.
  kEmail,      // `personal.email`
  kIp,         // `personal.ip`
  kUserAgent,  // `personal.user_agent`
  kLink,       // `personal.link_query`
};

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

// Whether a custom argument of the property's name, or mapped to it, may fill
// the place where the table has no value (mapping.md, 3.5).
enum class Filling : std::uint8_t { kNever, kByArgument };

// A value of the Track message.
struct PropertyRow {
  std::string_view name;  // In JSON.
  std::uint8_t number;    // Of the proto field in the place's message.
  Place place;
  Type type;
  Rule rule;
  When when;
  Filling filling;
  std::string_view first;  // Keys of kFields.
  std::string_view second;
};

// How an opted-in property that is no field of SendGrid's gets its value.
enum class Derivation : std::uint8_t {
  kHeadOfMessageId,  // The text before its first dot (mapping.md, 3.15).
  kSuspectedBot,     // True where a program opens or clicks (bots.h, 3.16).
};

// A property that a source may opt into besides the fields.
struct DerivedRow {
  std::string_view name;  // In `extra_properties` and in JSON.
  Derivation derivation;
  std::string_view from;  // Key of kFields.
};

}  // namespace segrid::catalog
