#include "tests/testing/options_maker.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

#include "core/catalog/catalog.h"

namespace segrid::testing {
namespace {

using catalog::FieldId;

bool MayBeExtra(const catalog::FieldRow& row) {
  return row.parent.empty() && !catalog::IsOwnedProperty(row.key);
}

// Names that the makers of events use, and owned ones.
constexpr auto kNames = std::to_array<std::string_view>(
    {"", "1", "campaign_id", "custom", "subject", "email_type", "name", "id",
     "categories", "unsubscribe_group_id", "automation_step_id"});

transform::CustomArgSelection RandomArguments(Random& random) {
  transform::CustomArgSelection args;
  args.all = random.OneIn(2);
  if (args.all) {
    if (random.OneIn(3)) args.prefix = random.OneIn(2) ? "arg_\"" : "campaign_";
    return args;
  }
  const bool is_mapped = random.OneIn(2);
  std::set<std::string_view> properties;
  for (const std::string_view name : kNames) {
    const std::string_view property =
        is_mapped ? random.PickFrom(kNames) : name;
    if (random.OneIn(2) && properties.insert(property).second) {
      args.Add(name, property);
    }
  }
  return args;
}

// Conditions that some of the made events fit.
std::vector<transform::Route> RandomRoutes(Random& random) {
  const auto conditions = std::to_array<transform::Condition>(
      {{.field = catalog::Field("category"),
        .custom_arg = {},
        .values = {"a", "news"}},
       {.field = catalog::Field("event"),
        .custom_arg = {},
        .values = {"open", "click", "bounce"}},
       {.field = catalog::Field("tls"), .custom_arg = {}, .values = {"true"}},
       {.field = catalog::Field("sg_user_id"),
        .custom_arg = {},
        .values = {"1", "-7"}},
       {.field = catalog::Field("name", "pool"),
        .custom_arg = {},
        .values = {"a"}},
       {.field = catalog::kNoField,
        .custom_arg = "custom",
        .values = {"a", "1", "true"}}});
  std::vector<transform::Route> routes;
  for (std::size_t left = random.Below(3); left > 0; --left) {
    routes.emplace_back();
    for (const transform::Condition& condition : conditions) {
      if (random.OneIn(4)) routes.back().push_back(condition);
    }
  }
  return routes;
}

transform::Personal RandomPersonal(Random& random) {
  using transform::Treatment;
  const auto keep_or_omit = [&random] {
    return random.OneIn(2) ? Treatment::kKeep : Treatment::kOmit;
  };
  return {.email = keep_or_omit(),
          .ip = random.Pick<Treatment>(
              {Treatment::kKeep, Treatment::kTruncate, Treatment::kOmit}),
          .user_agent = keep_or_omit(),
          .link_query = keep_or_omit()};
}

}  // namespace

transform::Options EverythingSelected() {
  transform::Options options;
  options.events = ~std::uint32_t{0};
  options.spec_context = true;
  options.custom_args.all = true;
  options.user_id_from = "user";
  options.tag = "ab12";
  options.derived = (1u << catalog::kDerivedCount) - 1;
  options.custom_args.taken = {"suspected_bot", "x_message_id"};
  for (std::size_t i = 0; i < catalog::kFieldCount; ++i) {
    if (MayBeExtra(catalog::kFields[i])) {
      options.extra_fields.push_back(FieldId{static_cast<std::uint8_t>(i)});
    }
  }
  return options;
}

transform::Options RandomOptions(Random& random) {
  transform::Options options = EverythingSelected();
  if (random.OneIn(3)) return options;
  if (random.OneIn(3)) options.events = transform::DefaultEvents();
  if (random.OneIn(10)) {
    options.events = static_cast<std::uint32_t>(random.Bits());
  }
  options.email_types =
      random.OneIn(4) ? static_cast<std::uint8_t>(random.Below(8)) : 0b111;
  options.normalize_email = !random.OneIn(4);
  options.spec_context = random.OneIn(2);
  if (random.OneIn(3)) options.subject_from = {"custom", "subject"};
  if (random.OneIn(5)) options.subject_from.clear();
  std::erase_if(options.extra_fields,
                [&random](FieldId) { return random.OneIn(2); });
  options.custom_args = RandomArguments(random);
  if (random.OneIn(2)) options.derived = 0;
  if (options.custom_args.all && options.derived != 0) {
    options.custom_args.taken = {"suspected_bot", "x_message_id"};
  }
  if (random.OneIn(3)) options.only = RandomRoutes(random);
  if (random.OneIn(3)) options.except = RandomRoutes(random);
  if (random.OneIn(3)) options.personal = RandomPersonal(random);
  if (random.OneIn(2)) options.user_id_from.clear();
  if (random.OneIn(2)) options.tag.clear();
  return options;
}

}  // namespace segrid::testing
