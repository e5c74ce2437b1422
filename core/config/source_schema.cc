// The keys of a source: its name and what its Tracks are made of.

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "core/catalog/catalog.h"
#include "core/config/nearest.h"
#include "core/config/schema.h"
#include "core/config/text.h"

namespace segrid::config {
namespace {

constexpr std::array<std::string_view, 3> kEmailTypes = {"singlesend",
                                                         "automation", "other"};
constexpr std::array<std::string_view, 2> kEmailHashes = {"normalized",
                                                          "as_received"};
constexpr std::array<std::string_view, 2> kCustomArgWords = {"none", "all"};

constexpr std::size_t kMaxArgumentBytes = 256;
constexpr std::size_t kMaxRoutes = 100;

// The filter names, in the order of the catalog.
constexpr auto kFilters = [] {
  std::array<std::string_view, catalog::kEventCount> names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = catalog::kEvents[i].filter;
  }
  return names;
}();

// The keys of an event's own.
std::vector<std::string_view> FieldKeys() {
  std::vector<std::string_view> keys;
  for (const catalog::FieldRow& row : catalog::kFields) {
    if (row.parent.empty()) keys.push_back(row.key);
  }
  return keys;
}

std::string CheckEvent(const std::string& name) {
  return CheckOneOf(name, kFilters);
}

std::string CheckEmailType(const std::string& name) {
  return CheckOneOf(name, kEmailTypes);
}

std::string CheckExtraProperty(const std::string& key) {
  if (catalog::FindField(key) != catalog::kNoField ||
      catalog::FindDerived(key) != catalog::kDerivedCount) {
    return "";
  }
  std::vector<std::string_view> keys = FieldKeys();
  for (const catalog::DerivedRow& row : catalog::kDerived) {
    keys.push_back(row.name);
  }
  const std::string_view nearest = Nearest(key, keys);
  return Concat(
      {"is no key that SendGrid sends; ",
       nearest.empty() ? "" : Concat({"did you mean '", nearest, "'? "}),
       nearest.empty() ? "your" : "Your",
       " own custom arguments go under 'custom_args'"});
}

std::string CheckCustomArg(const std::string& name) {
  if (name.size() > kMaxArgumentBytes) {
    return "is too long for the name of a custom argument; at most 256 bytes";
  }
  if (catalog::FindField(name) == catalog::kNoField) return "";
  return "is a key of SendGrid's own, not a custom argument; keys of "
         "SendGrid's go under 'extra_properties'";
}

std::string CheckPropertyName(const std::string& name) {
  return name.size() > kMaxArgumentBytes
             ? "is too long for the name of a property; at most 256 bytes"
             : "";
}

std::string CheckPrefix(const std::string& prefix) {
  constexpr std::size_t kMaxPrefixBytes = 64;
  return prefix.size() > kMaxPrefixBytes
             ? "is too long for a prefix; at most 64 bytes"
             : "";
}

void CustomArgRows(Fields& fields, Source& source) {
  using Mode = CustomArgs::Mode;
  CustomArgs& args = source.custom_args;
  WordListOrMap value{.word = args.mode == Mode::kAll    ? "all"
                              : args.mode == Mode::kNone ? "none"
                                                         : "",
                      .list = args.names,
                      .map = args.properties};
  fields.WordListOrMap("custom_args", value, kCustomArgWords,
                       {.check = &CheckCustomArg}, &CheckPropertyName);
  args.mode = value.word == "all"    ? Mode::kAll
              : value.word == "none" ? Mode::kNone
              : value.map.empty()    ? Mode::kNamed
                                     : Mode::kMapped;
  args.names = value.list;
  args.properties = value.map;
  fields.Text("custom_args_prefix", source.custom_args_prefix,
              {.check = &CheckPrefix, .may_be_empty = true});
}

// The property that an argument becomes, for each that the source names.
std::vector<std::pair<std::string, std::string>> GivenProperties(
    const Source& source) {
  std::vector<std::pair<std::string, std::string>> given;
  for (const std::string& name : source.custom_args.names) {
    given.emplace_back(name, source.custom_args_prefix + name);
  }
  for (const auto& [name, property] : source.custom_args.properties) {
    given.emplace_back(name, property);
  }
  return given;
}

// No two values for one property.
void CheckGivenProperties(Fields& fields, const Source& source) {
  std::map<std::string, std::string> taken;
  for (const auto& [name, property] : GivenProperties(source)) {
    const auto [before, is_new] = taken.emplace(property, name);
    fields.Check(is_new, "custom_args",
                 Concat({"gives the property ", ShownValue(property), " to ",
                         ShownValue(before->second), " and to ",
                         ShownValue(name), "; give each its own"}));
    const bool is_opted_in =
        std::find(source.extra_properties.begin(),
                  source.extra_properties.end(),
                  property) != source.extra_properties.end();
    // An argument of the property's own name just loses (mapping.md, 3.15).
    const bool loses =
        source.custom_args.properties.empty() && property == name;
    fields.Check(!is_opted_in || loses, "custom_args",
                 Concat({"gives the property ", ShownValue(property),
                         " to an argument, but 'extra_properties' has it, "
                         "too; choose another name"}));
  }
}

// The options that decide what a Track is made of.
void TransformRows(Fields& fields, Source& source) {
  fields.Texts("events", source.events, {.check = &CheckEvent, .min_count = 1});
  fields.Texts("email_types", source.email_types,
               {.check = &CheckEmailType, .min_count = 1});
  std::string hash(
      kEmailHashes[source.email_hash == EmailHash::kNormalized ? 0 : 1]);
  fields.Word("email_hash", hash, kEmailHashes);
  source.email_hash =
      hash == kEmailHashes[0] ? EmailHash::kNormalized : EmailHash::kAsReceived;
  fields.Texts("email_subject_from", source.email_subject_from,
               {.check = &CheckCustomArg, .max_count = 16});
  fields.Texts("extra_properties", source.extra_properties,
               {.check = &CheckExtraProperty});
  CustomArgRows(fields, source);
  fields.Text("user_id_from", source.user_id_from,
              {.check = &CheckCustomArg, .may_be_empty = true});
  fields.Flag("spec_context", source.spec_context);
  fields.Sections("only", source.only, kMaxRoutes, /*may_be_one=*/true);
  fields.Sections("not", source.except, kMaxRoutes, /*may_be_one=*/true);
  fields.Section("personal", source.personal);
}

std::string CheckLabel(const std::string& label) {
  constexpr std::size_t kMaxLabelBytes = 200;
  return label.size() <= kMaxLabelBytes ? "" : "is too long; at most 200 bytes";
}

}  // namespace

std::string CheckName(const std::string& name) {
  const auto is_tail = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
           c == '-';
  };
  const bool fits = name.size() <= 63 &&
                    absl::ascii_isalpha(static_cast<unsigned char>(name[0])) &&
                    std::all_of(name.begin(), name.end(), is_tail);
  if (fits) return "";
  return "is no name; must be 1 to 63 letters, digits, '_' and '-', a letter "
         "first";
}

std::string CheckOneOf(const std::string& value, Fields::Words words) {
  if (std::find(words.begin(), words.end(), value) != words.end()) return "";
  const std::string_view nearest = Nearest(value, words);
  return Concat(
      {"is not known; ",
       nearest.empty() ? "" : Concat({"did you mean '", nearest, "'? "}),
       nearest.empty() ? "must" : "Must", " be one of: ", List(words)});
}

void Rows(Fields& fields, Source& source) {
  fields.Text("name", source.name, {.check = &CheckName});
  fields.Texts("was", source.was, {.check = &CheckName, .max_count = 16});
  fields.Text("label", source.label,
              {.check = &CheckLabel, .may_be_empty = true});
  DeliveryRows(fields, source);
  TransformRows(fields, source);
  fields.Require(true, "name",
                 "is missing; every source needs a name, e.g. sendgrid_prod");
  CheckDelivery(fields, source);
  CheckGivenProperties(fields, source);
}

void SpellOutSelection(Source& source) {
  if (source.events.empty()) {
    for (const catalog::EventRow& row : catalog::kEvents) {
      if (row.by_default) source.events.emplace_back(row.filter);
    }
  }
  if (source.email_types.empty()) {
    source.email_types.assign(kEmailTypes.begin(), kEmailTypes.end());
  }
}

}  // namespace segrid::config
