#include "tests/testing/options_maker.h"

#include <algorithm>

#include "core/catalog/catalog.h"

namespace segrid::testing {
namespace {

using catalog::FieldId;

bool MayBeExtra(const catalog::FieldRow& row) {
  return row.parent.empty() && !catalog::IsOwnedProperty(row.key);
}

}  // namespace

transform::Options EverythingSelected() {
  transform::Options options;
  options.events = ~std::uint32_t{0};
  options.spec_context = true;
  options.custom_args.all = true;
  options.user_id_from = "user";
  options.tag = "ab12";
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
  options.custom_args.all = random.OneIn(2);
  if (!options.custom_args.all && random.OneIn(2)) {
    options.custom_args.names = {"", "1", "campaign_id", "custom", "subject"};
  }
  if (random.OneIn(2)) options.user_id_from.clear();
  if (random.OneIn(2)) options.tag.clear();
  return options;
}

}  // namespace segrid::testing
