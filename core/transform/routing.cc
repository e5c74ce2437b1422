#include "core/transform/routing.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "core/transform/custom_args.h"

namespace segrid::transform {

using codec::Event;
using codec::Kind;
using codec::Value;

namespace {

bool IsOneOf(std::string_view text, const Condition& condition) {
  return std::find(condition.values.begin(), condition.values.end(), text) !=
         condition.values.end();
}

bool Fits(Value value, const Condition& condition, Event& event) {
  switch (value.kind) {
    case Kind::kMissing:
      return false;
    case Kind::kTrue:
    case Kind::kFalse:
      return IsOneOf(value.kind == Kind::kTrue ? "true" : "false", condition);
    case Kind::kInteger: {
      std::array<char, 24> digits;
      const char* const end =
          std::to_chars(digits.begin(), digits.end(), value.integer).ptr;
      return IsOneOf({digits.data(), end}, condition);
    }
    case Kind::kList:
      for (std::uint32_t i = 0; i < value.size; ++i) {
        if (Fits(event.items[value.first + i], condition, event)) return true;
      }
      return false;
    default:
      return IsOneOf(PlainText(value, event.texts), condition);
  }
}

// A member is converted together with its object.
Value ValueOf(const Condition& condition, Event& event, FieldCounts& counts) {
  if (condition.field == catalog::kNoField) {
    return FindCustomArg(condition.custom_arg, event, counts);
  }
  const std::string_view parent = catalog::Row(condition.field).parent;
  if (parent.empty()) return Convert(condition.field, event, counts);
  const Value object = Convert(catalog::FindField(parent), event, counts);
  return object.missing() ? object : event.Get(condition.field);
}

bool Fits(const Route& route, Event& event, FieldCounts& counts) {
  return std::all_of(route.begin(), route.end(),
                     [&event, &counts](const Condition& each) {
                       return Fits(ValueOf(each, event, counts), each, event);
                     });
}

}  // namespace

bool IsRouted(const Options& options, Event& event, FieldCounts& counts) {
  const auto fits = [&event, &counts](const Route& route) {
    return Fits(route, event, counts);
  };
  return (options.only.empty() ||
          std::any_of(options.only.begin(), options.only.end(), fits)) &&
         std::none_of(options.except.begin(), options.except.end(), fits);
}

}  // namespace segrid::transform
