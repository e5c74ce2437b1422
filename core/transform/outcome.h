// What becomes of an event. Names and order: shared by the API, the command
// line, metrics and logs (mapping.md, section 4).

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace segrid::transform {

// The numbers are those of `segrid.v1.Outcome`.
enum class Outcome : std::uint8_t { kTrack = 0, kSkipped = 1, kRejected = 2 };

// The numbers are those of `segrid.v1.Reason`; kNone means a Track was made.
enum class Reason : std::uint8_t {
  kNone = 0,
  kUnsupportedEvent = 1,
  kEventNotSelected = 2,
  kEmailTypeNotSelected = 3,
  kNotAnObject = 4,
  kMissingEvent = 5,
  kMissingEmail = 6,
  kBadTimestamp = 7,
  kTooLarge = 8,
  kNotRouted = 9,
};

// What is to be said about a reason.
struct ReasonRow {
  Outcome outcome;
  std::string_view name;    // Of the proto enum, without its prefix.
  std::string_view field;   // The key that caused it, or "".
  std::string_view detail;  // For developers.
};

// clang-format off
inline constexpr std::array<ReasonRow, 10> kReasons = {{
    {Outcome::kTrack,    "",                        "",          ""},
    {Outcome::kSkipped,  "UNSUPPORTED_EVENT",       "event",     "no row of the catalog names this event type"},
    {Outcome::kSkipped,  "EVENT_NOT_SELECTED",      "event",     "the source's 'events' do not select it"},
    {Outcome::kSkipped,  "EMAIL_TYPE_NOT_SELECTED", "mc_stats",  "the source's 'email_types' do not select it"},
    {Outcome::kRejected, "NOT_AN_OBJECT",           "",          "the element is not a JSON object"},
    {Outcome::kRejected, "MISSING_EVENT",           "event",     "must be a string that is not empty"},
    {Outcome::kRejected, "MISSING_EMAIL",           "email",     "must be a string that is not blank, unless 'user_id_from' gives a userId"},
    {Outcome::kRejected, "BAD_TIMESTAMP",           "timestamp", "must be a time between 1970 and the year 10000: seconds, milliseconds, or RFC 3339"},
    {Outcome::kRejected, "TOO_LARGE",               "",          "the Track's JSON is over 32,000 bytes"},
    {Outcome::kSkipped,  "NOT_ROUTED",              "",          "the source's 'only' or 'not' does not let it through"},
}};
// clang-format on

// The row of a reason. Static storage.
constexpr const ReasonRow& Describe(Reason reason) {
  return kReasons[static_cast<std::size_t>(reason)];
}

}  // namespace segrid::transform
