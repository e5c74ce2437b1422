// A source's settings as the transform uses them: names are resolved, sets are
// masks. Made once per configuration.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/catalog/catalog.h"

namespace segrid::transform {

// The e-mail types of a source's filter (mapping.md, 3.7).
enum class EmailType : std::uint8_t {
  kSinglesend = 0,
  kAutomation = 1,
  kOther = 2
};

// Bits by row of catalog::kEvents: the events that are selected by default.
constexpr std::uint32_t DefaultEvents() {
  std::uint32_t mask = 0;
  for (std::size_t i = 0; i < catalog::kEventCount; ++i) {
    if (catalog::kEvents[i].by_default) mask |= std::uint32_t{1} << i;
  }
  return mask;
}

// Which custom arguments become properties.
struct CustomArgSelection {
  bool all = false;
  std::vector<std::string> names;  // Sorted; used unless `all`.

  bool empty() const { return !all && names.empty(); }
  bool Selects(std::string_view name) const {
    return all || std::binary_search(names.begin(), names.end(), name,
                                     std::less<std::string_view>());
  }
};

struct Options {
  std::uint32_t events = DefaultEvents();  // Bits by row of kEvents.
  std::uint8_t email_types = 0b111;        // Bits by EmailType.
  bool normalize_email = true;             // Before it is hashed.
  bool spec_context = false;
  // Custom arguments that may hold the subject; the first that is there counts.
  std::vector<std::string> subject_from = {"subject", "email_subject"};
  // Opted-in fields, in catalog order, none that the table owns.
  std::vector<catalog::FieldId> extra_fields;
  CustomArgSelection custom_args;
  std::string user_id_from;  // A custom argument; empty: no userId.
  std::string tag;           // 4 hex digits; empty without a source.
  // Tracks as JSON end with `originalTimestamp` and `channel`.
  bool original_timestamp = false;
};

}  // namespace segrid::transform
