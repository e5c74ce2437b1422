// One event under the glass: what became of each of its fields.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/transform/options.h"

namespace segrid::cli {

// What became of a field.
struct FieldTrace {
  std::string key;      // As in the event; members as `pool.name`.
  std::string type;     // What came: string, number, boolean, list, object.
  std::string becomes;  // Where in the Track; empty: nowhere.
  std::string note;     // Converted, dropped, or why it goes nowhere.
};

// What became of an event.
struct EventTrace {
  std::string event;    // SendGrid's `event`; empty when it has none.
  std::string track;    // The Track's JSON; empty when there is none.
  std::string outcome;  // `track`, or the reason, such as `MISSING_EMAIL`.
  std::string detail;   // The reason in words, or the name of the Track.
  std::vector<FieldTrace> fields;  // In the order of the catalog, then custom
                                   // arguments in the order of the event.
};

// Traces the only element of the array `body`. Errors: those of the body.
absl::StatusOr<EventTrace> TraceEvent(std::string_view body,
                                      const transform::Options& options);

}  // namespace segrid::cli
