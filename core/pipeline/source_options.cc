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

std::uint8_t DerivedMask(const std::vector<std::string>& names) {
  unsigned mask = 0;
  for (const std::string& name : names) {
    const std::size_t row = catalog::FindDerived(name);
    if (row < catalog::kDerivedCount) mask |= 1u << row;
  }
  return static_cast<std::uint8_t>(mask);
}

// Opted-in names that an argument behind `prefix` could get: derived ones and,
// since no argument has the name of a field, fields only behind a prefix.
std::vector<std::string> TakenNames(const std::vector<std::string>& opted_in,
                                    const std::string& prefix) {
  std::vector<std::string> taken;
  for (const std::string& name : opted_in) {
    const bool is_derived = catalog::FindDerived(name) < catalog::kDerivedCount;
    if (name.starts_with(prefix) && (is_derived || !prefix.empty())) {
      taken.push_back(name);
    }
  }
  std::sort(taken.begin(), taken.end());
  return taken;
}

transform::CustomArgSelection Selection(const config::Source& source) {
  transform::CustomArgSelection selection;
  const std::string& prefix = source.custom_args_prefix;
  const std::vector<std::string> taken =
      TakenNames(source.extra_properties, prefix);
  switch (source.custom_args.mode) {
    case config::CustomArgs::Mode::kNone:
      break;
    case config::CustomArgs::Mode::kAll:
      selection.all = true;
      selection.prefix = prefix;
      selection.taken = taken;
      break;
    case config::CustomArgs::Mode::kNamed:
      for (const std::string& name : source.custom_args.names) {
        if (!std::binary_search(taken.begin(), taken.end(), prefix + name)) {
          selection.Add(name, prefix + name);
        }
      }
      break;
    case config::CustomArgs::Mode::kMapped:
      for (const auto& [name, property] : source.custom_args.properties) {
        selection.Add(name, property);
      }
      break;
  }
  return selection;
}

transform::Route RouteOf(const config::Route& conditions) {
  transform::Route route;
  for (const auto& [key, values] : conditions.fields) {
    const catalog::FieldId field = key == "pool"
                                       ? catalog::Field("name", "pool")
                                       : catalog::FindField(key);
    route.push_back({.field = field, .custom_arg = {}, .values = values});
  }
  for (const auto& [name, values] : conditions.custom_args) {
    route.push_back(
        {.field = catalog::kNoField, .custom_arg = name, .values = values});
  }
  return route;
}

std::vector<transform::Route> Routes(const std::vector<config::Route>& routes) {
  std::vector<transform::Route> made;
  made.reserve(routes.size());
  for (const config::Route& route : routes) made.push_back(RouteOf(route));
  return made;
}

transform::Treatment TreatmentOf(const std::string& word) {
  if (word == "omit") return transform::Treatment::kOmit;
  return word == "truncate" ? transform::Treatment::kTruncate
                            : transform::Treatment::kKeep;
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
  options.derived = DerivedMask(source.extra_properties);
  options.custom_args = Selection(source);
  options.user_id_from = source.user_id_from;
  options.only = Routes(source.only);
  options.except = Routes(source.except);
  options.personal = {.email = TreatmentOf(source.personal.email),
                      .ip = TreatmentOf(source.personal.ip),
                      .user_agent = TreatmentOf(source.personal.user_agent),
                      .link_query = TreatmentOf(source.personal.link_query)};
  options.tag = config::TagOf(config::LaneOf(source));
  const auto* const variant = receivers::segment::FindVariant(source.receiver);
  options.original_timestamp =
      variant != nullptr && variant->original_timestamp;
  return options;
}

}  // namespace segrid::pipeline
