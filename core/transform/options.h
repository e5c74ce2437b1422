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

// A custom argument that a source asks for by its name.
struct NamedArg {
  std::string name;
  std::string property;  // Where it goes.
  // The row of kProperties that owns the property, or kPropertyCount.
  std::size_t row = catalog::kPropertyCount;
};

// Which custom arguments become properties, and of which names.
struct CustomArgSelection {
  bool all = false;
  std::string prefix;           // Of the properties, with `all`.
  std::vector<NamedArg> named;  // Sorted by name; used unless `all`.
  // With `all`: names that an argument may not get, because opted-in
  // properties have them. Sorted.
  std::vector<std::string> taken;

  bool empty() const { return !all && named.empty(); }

  // Asks for an argument, once.
  void Add(std::string_view name, std::string_view property) {
    const auto at = std::lower_bound(named.begin(), named.end(), name, &Before);
    named.insert(at, {std::string(name), std::string(property),
                      catalog::FindProperty(property)});
  }
  // What was asked for under this name, or nullptr.
  const NamedArg* Find(std::string_view name) const {
    const auto at = std::lower_bound(named.begin(), named.end(), name, &Before);
    return at != named.end() && at->name == name ? &*at : nullptr;
  }
  bool Selects(std::string_view name) const {
    return all || Find(name) != nullptr;
  }

 private:
  static bool Before(const NamedArg& arg, std::string_view name) {
    return arg.name < name;
  }
};

// One condition of `only` or `not`: it fits an event whose value, as text, is
// one of `values` (mapping.md, 3.12).
struct Condition {
  catalog::FieldId field = catalog::kNoField;
  std::string custom_arg;           // Where there is no field.
  std::vector<std::string> values;  // Not empty.
};
// Fits when all of its conditions do.
using Route = std::vector<Condition>;

enum class Treatment : std::uint8_t { kKeep, kTruncate, kOmit };

// What becomes of a person's data (mapping.md, 3.14).
struct Personal {
  Treatment email = Treatment::kKeep;
  Treatment ip = Treatment::kKeep;  // The only one that may be kTruncate.
  Treatment user_agent = Treatment::kKeep;
  Treatment link_query = Treatment::kKeep;

  bool keeps_all() const {
    return email == Treatment::kKeep && ip == Treatment::kKeep &&
           user_agent == Treatment::kKeep && link_query == Treatment::kKeep;
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
  // Opted-in derived properties: bits by row of kDerived.
  std::uint8_t derived = 0;
  CustomArgSelection custom_args;
  std::string user_id_from;  // A custom argument; empty: no userId.
  // An event must fit one of `only`, if there is any, and none of `except`.
  std::vector<Route> only;
  std::vector<Route> except;
  Personal personal;
  std::string tag;  // 4 hex digits; empty without a source.
  // Tracks as JSON end with `originalTimestamp` and `channel`.
  bool original_timestamp = false;
};

}  // namespace segrid::transform
