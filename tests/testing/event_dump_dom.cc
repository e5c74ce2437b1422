#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/catalog/catalog.h"
#include "tests/testing/dump_lines.h"
#include "tests/testing/event_dump.h"

namespace segrid::testing {
namespace {

using catalog::FieldId;
namespace dom = simdjson::dom;
using Rows = std::array<std::string, catalog::kFieldCount>;

std::string DumpScalar(dom::element element) {
  switch (element.type()) {
    case dom::element_type::STRING:
      return DumpText(std::string_view(element));
    case dom::element_type::INT64:
      return DumpInteger(std::int64_t(element));
    case dom::element_type::UINT64:
      return DumpInteger(std::uint64_t(element));
    case dom::element_type::DOUBLE:
      return DumpDouble(double(element));
    case dom::element_type::BOOL:
      return DumpBool(bool(element));
    case dom::element_type::NULL_VALUE:
      return "";
    default:
      return "composite";
  }
}

void DumpMembers(FieldId object, dom::object members, Rows& rows) {
  const catalog::Members range = catalog::MembersOf(object);
  for (std::size_t i = range.first; i < range.first + range.count; ++i) {
    rows[i].clear();
  }
  for (const dom::key_value_pair member : members) {
    const FieldId id = catalog::FindField(member.key, catalog::Row(object).key);
    if (id != catalog::kNoField) {
      rows[catalog::Index(id)] = DumpScalar(member.value);
    }
  }
}

std::string DumpField(FieldId id, dom::element element, Rows& rows) {
  const catalog::Type type = catalog::Row(id).type;
  if (type == catalog::Type::kObject && element.is_object()) {
    DumpMembers(id, dom::object(element), rows);
    return "object";
  }
  if (type == catalog::Type::kStringList && element.is_array()) {
    std::vector<std::string> items;
    for (const dom::element item : dom::array(element)) {
      items.push_back(DumpScalar(item));
    }
    return DumpItems(items);
  }
  return DumpScalar(element);
}

// The members of the object that is the last value of a key.
std::optional<dom::object> LastObjectOf(dom::object object,
                                        std::string_view key) {
  std::optional<dom::object> last;
  for (const dom::key_value_pair member : object) {
    if (member.key != key) continue;
    last.reset();
    if (member.value.is_object()) last = dom::object(member.value);
  }
  return last;
}

bool IsArgumentObject(std::string_view key, dom::element value) {
  return value.is_object() &&
         catalog::FindArgumentObject(key) != catalog::kArgumentObjects.size();
}

// An argument at top level. Objects of arguments are no arguments; the last of
// them under a key replaces what comes before it.
void DumpArgument(dom::object object, dom::key_value_pair argument,
                  DumpLines& args) {
  if (IsArgumentObject(argument.key, argument.value)) return;
  bool is_behind = false;
  for (const dom::key_value_pair member : object) {
    if (member.key.data() == argument.key.data()) {
      is_behind = true;
    } else if (is_behind && member.key == argument.key &&
               IsArgumentObject(member.key, member.value)) {
      return;
    }
  }
  args.Argument(argument.key, DumpScalar(argument.value));
}

}  // namespace

std::string DumpEvent(dom::object object) {
  Rows rows;
  DumpLines args;
  // Those that count last.
  for (std::size_t i = catalog::kArgumentObjects.size(); i-- > 0;) {
    const std::string_view key = catalog::kArgumentObjects[i];
    const std::optional<dom::object> members = LastObjectOf(object, key);
    if (!members.has_value()) continue;
    for (const dom::key_value_pair member : *members) {
      args.Argument(member.key, DumpScalar(member.value));
    }
  }
  for (const dom::key_value_pair member : object) {
    const FieldId id = catalog::FindField(member.key);
    if (id == catalog::kNoField) {
      DumpArgument(object, member, args);
    } else {
      rows[catalog::Index(id)] = DumpField(id, member.value, rows);
    }
  }
  DumpLines lines;
  for (std::size_t i = 0; i < catalog::kFieldCount; ++i) {
    const FieldId parent = ObjectOf(FieldAt(i));
    if (parent == catalog::kNoField ||
        rows[catalog::Index(parent)] == "object") {
      lines.Row(FieldAt(i), rows[i]);
    }
  }
  return lines.Take() + args.Take();
}

}  // namespace segrid::testing
