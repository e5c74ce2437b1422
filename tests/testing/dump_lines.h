// The parts of an event's dump: what event_dump_*.cc have in common.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/catalog/catalog.h"

namespace segrid::testing {

// Values as text; what is missing is "".
std::string DumpText(std::string_view text);
std::string DumpDouble(double number);
std::string DumpItems(const std::vector<std::string>& items);
inline std::string DumpInteger(auto number) {
  return "number " + std::to_string(number);
}
inline std::string DumpBool(bool value) { return value ? "true" : "false"; }

// Lines of rows and arguments.
class DumpLines {
 public:
  // Nothing when `value` is "".
  void Row(catalog::FieldId id, const std::string& value);
  void Argument(std::string_view key, const std::string& value);
  void Arguments(const std::map<std::string, std::string>& args);
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

// The object whose member a row is; kNoField for an event's own fields.
inline catalog::FieldId ObjectOf(catalog::FieldId id) {
  const std::string_view parent = catalog::Row(id).parent;
  return parent.empty() ? catalog::kNoField : catalog::FindField(parent);
}

inline catalog::FieldId FieldAt(std::size_t index) {
  return catalog::FieldId{static_cast<std::uint8_t>(index)};
}

}  // namespace segrid::testing
