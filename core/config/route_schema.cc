// The keys of `only`, `not` and `personal` of a source.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/catalog/catalog.h"
#include "core/config/schema.h"
#include "core/config/text.h"

namespace segrid::config {
namespace {

using catalog::Type;

constexpr std::array<std::string_view, 2> kKeepOrOmit = {"keep", "omit"};
constexpr std::array<std::string_view, 3> kKeepTruncateOrOmit = {
    "keep", "truncate", "omit"};

constexpr std::size_t kMaxArgumentBytes = 256;

// Integers are compared in decimal, so that another spelling never fits.
std::string CheckInteger(const std::string& value) {
  std::int64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  const bool fits =
      error == std::errc() && stop == end && std::to_string(number) == value;
  return fits ? "" : "is no integer in decimal, which this field is";
}

std::string CheckBoolean(const std::string& value) {
  return value == "true" || value == "false"
             ? ""
             : "is neither true nor false, which this field is";
}

std::string CheckArgument(const std::string& name) {
  if (name.size() > kMaxArgumentBytes) {
    return "is too long for the name of a custom argument; at most 256 bytes";
  }
  if (catalog::FindField(name) == catalog::kNoField) return "";
  return "is a key of SendGrid's own, not a custom argument; conditions on it "
         "are written beside 'custom_args'";
}

std::string RefuseEmail(const std::string&) {
  return "is no condition, because addresses are personal; use a category, a "
         "custom argument or another field";
}

TextCheck CheckOf(Type type) {
  if (catalog::IsInteger(type)) return &CheckInteger;
  return type == Type::kBoolean ? &CheckBoolean : nullptr;
}

// True for what a condition may look at: values, and the name of the pool.
bool IsCondition(const catalog::FieldRow& row) {
  if (!row.parent.empty() || row.key == "email") return false;
  return row.type != Type::kObject || row.key == "pool";
}

}  // namespace

void Rows(Fields& fields, Route& route) {
  bool has_any = false;
  const auto visit = [&fields, &has_any](std::string_view key,
                                         Route::Values& values,
                                         TextCheck check) {
    const ListRules rules{.check = check, .min_count = 1, .may_be_one = true};
    fields.Texts(key, values, rules);
    has_any |= fields.Has(key);
  };
  for (const catalog::FieldRow& row : catalog::kFields) {
    if (!IsCondition(row)) continue;
    const auto found = route.fields.find(std::string(row.key));
    Route::Values values =
        found == route.fields.end() ? Route::Values() : found->second;
    visit(row.key, values, CheckOf(row.type));
    if (!values.empty()) route.fields[std::string(row.key)] = values;
  }
  fields.TextsByName("custom_args", route.custom_args, &CheckArgument,
                     {.min_count = 1, .may_be_one = true});
  Route::Values none;
  visit("email", none, &RefuseEmail);
  fields.Check(has_any || fields.Has("custom_args"), "",
               "has no condition; give at least one, e.g. category: [news]");
}

void Rows(Fields& fields, Personal& personal) {
  fields.Word("email", personal.email, kKeepOrOmit);
  fields.Word("ip", personal.ip, kKeepTruncateOrOmit);
  fields.Word("user_agent", personal.user_agent, kKeepOrOmit);
  fields.Word("link_query", personal.link_query, kKeepOrOmit);
}

}  // namespace segrid::config
