#include "core/pipeline/source_options.h"

#include <algorithm>

#include "core/catalog/catalog.h"
#include "core/config/source_tag.h"
#include "core/receivers/segment/variant.h"

namespace segrid::pipeline {
namespace {

// The names of mapping.md, 3.7, in the order of transform::EmailType.
constexpr std::array<std::string_view, 3> kEmailTypes = {"singlesend",
                                                         "automation", "other"};

std::uint32_t EventMask(const std::vector<std::string>& filters) {
  if (filters.empty()) return transform::DefaultEvents();
  std::uint32_t mask = 0;
  for (const std::string& filter : filters) {
    const std::size_t row = catalog::FindFilter(filter);
    if (row < catalog::kEventCount) mask |= std::uint32_t{1} << row;
  }
  return mask;
}

std::uint8_t EmailTypeMask(const std::vector<std::string>& names) {
  if (names.empty()) return 0b111;
  unsigned mask = 0;
  for (const std::string& name : names) {
    const auto found = std::find(kEmailTypes.begin(), kEmailTypes.end(), name);
    mask |= 1u << (found - kEmailTypes.begin());
  }
  return static_cast<std::uint8_t>(mask & 0b111);
}

std::vector<catalog::FieldId> ExtraFields(
    const std::vector<std::string>& keys) {
  std::vector<catalog::FieldId> fields;
  for (const std::string& key : keys) {
    const catalog::FieldId id = catalog::FindField(key);
    if (id != catalog::kNoField && !catalog::IsOwnedProperty(key)) {
      fields.push_back(id);
    }
  }
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  return fields;
}

}  // namespace

transform::Options CompileOptions(const config::Source& source) {
  transform::Options options;
  options.events = EventMask(source.events);
  options.email_types = EmailTypeMask(source.email_types);
  options.normalize_email = source.email_hash == config::EmailHash::kNormalized;
  options.spec_context = source.spec_context;
  options.subject_from = source.email_subject_from;
  options.extra_fields = ExtraFields(source.extra_properties);
  options.custom_args.all =
      source.custom_args.mode == config::CustomArgs::Mode::kAll;
  if (source.custom_args.mode == config::CustomArgs::Mode::kNamed) {
    options.custom_args.names = source.custom_args.names;
    std::sort(options.custom_args.names.begin(),
              options.custom_args.names.end());
  }
  options.user_id_from = source.user_id_from;
  options.tag = config::TagOf(source.name);
  const auto* const variant = receivers::segment::FindVariant(source.receiver);
  options.original_timestamp =
      variant != nullptr && variant->original_timestamp;
  return options;
}

}  // namespace segrid::pipeline
