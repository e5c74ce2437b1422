#include "client/cli/argument_trace.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "absl/strings/ascii.h"
#include "client/cli/json.h"
#include "core/catalog/catalog.h"
#include "core/transform/custom_args.h"

namespace segrid::cli {

using codec::Kind;

namespace {

// The custom argument that is the subject; nothing when there is none.
std::optional<std::string> SubjectOf(codec::Event& converted,
                                     const transform::Options& options) {
  transform::FieldCounts counts;
  for (const std::string& name : options.subject_from) {
    if (!transform::FindCustomArg(name, converted, counts).missing()) {
      return name;
    }
  }
  return std::nullopt;
}

// Why a custom argument cannot become anything; "" when it can.
std::string WhyNoArgument(const codec::Event& event, std::size_t index) {
  const codec::CustomArg& argument = event.custom_args[index];
  const Kind kind = argument.value.kind;
  for (std::size_t i = index + 1; i < event.custom_args.size(); ++i) {
    if (event.custom_args[i].key.text() == argument.key.text()) {
      return "a later one of this name counts";
    }
  }
  if (argument.value.missing()) return "empty, which counts as missing";
  const bool plain =
      kind != Kind::kList && kind != Kind::kObject && kind != Kind::kComposite;
  if (!plain) return "a custom argument; lists and objects are never sent";
  return catalog::FindField(argument.key.text()) == catalog::kNoField
             ? ""
             : "left out: it has the name of a field of SendGrid's";
}

// The property that an argument is to become; "" when nobody asks for it.
std::string PropertyOf(const std::string& name,
                       const transform::CustomArgSelection& selection) {
  if (selection.all) return selection.prefix + name;
  const transform::NamedArg* const named = selection.Find(name);
  return named == nullptr ? "" : named->property;
}

// True where the table has a value of its own for the property, so that an
// argument does not fill it.
bool TableHas(const catalog::PropertyRow& row, codec::Event& converted,
              const transform::Options& options) {
  if (row.rule == catalog::Rule::kSubject) {
    return SubjectOf(converted, options).has_value();
  }
  const auto has = [&converted](std::string_view key) {
    const catalog::FieldId id = catalog::FindField(key);
    return id != catalog::kNoField && converted.Has(id);
  };
  return has(row.first) || has(row.second);
}

// True when the argument gave the Track the property.
bool IsSent(const std::string& property, const std::string& name,
            const ArgumentsOf& event, const transform::Options& options) {
  const auto& selection = options.custom_args;
  if (!selection.Selects(name) ||
      std::binary_search(selection.taken.begin(), selection.taken.end(),
                         property)) {
    return false;
  }
  const std::size_t index = catalog::FindProperty(property);
  if (index != catalog::kPropertyCount) {
    return !selection.all && !event.track.properties[index].missing() &&
           !TableHas(catalog::kProperties[index], event.converted, options);
  }
  return std::any_of(event.track.extras.begin(), event.track.extras.end(),
                     [&property](const codec::Extra& extra) {
                       return extra.field == catalog::kNoField &&
                              extra.name.text() == property;
                     });
}

// A name as it is written in a list of YAML.
std::string YamlName(const std::string& name) {
  const bool is_plain =
      !name.empty() &&
      std::all_of(name.begin(), name.end(),
                  [](char c) {
                    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                           c == '_' || static_cast<unsigned char>(c) >= 0x80;
                  }) &&
      !absl::ascii_isdigit(static_cast<unsigned char>(name[0]));
  if (is_plain) return name;
  std::string quoted;
  AppendJsonString(quoted, name);
  return quoted;
}

// False for names that a configuration takes in no list.
bool CanBeListed(const std::string& name) {
  constexpr std::size_t kMaxListedBytes = 256;
  return !name.empty() && name.size() <= kMaxListedBytes;
}

// Why the argument, which could become a property, becomes none.
std::string WhyNot(const std::string& property, const std::string& name,
                   const ArgumentsOf& event,
                   const transform::Options& options) {
  const auto& selection = options.custom_args;
  const bool is_asked_for = selection.Selects(name);
  const std::string place = is_asked_for ? property : name;
  const std::string how_to_ask = CanBeListed(name)
                                     ? "custom_args: [" + YamlName(name) + "]"
                                     : "custom_args: all";
  const std::size_t index = catalog::FindProperty(place);
  if (index == catalog::kPropertyCount) {
    return is_asked_for
               ? "a custom argument; 'extra_properties' has a property of this "
                 "name"
               : "a custom argument; " + how_to_ask + " sends it";
  }
  const catalog::PropertyRow& row = catalog::kProperties[index];
  if (row.filling == catalog::Filling::kNever) {
    return "a custom argument; the mapping alone makes properties." + place;
  }
  if (TableHas(row, event.converted, options)) {
    return "a custom argument; the mapping has a value of its own for "
           "properties." +
           place;
  }
  if (!is_asked_for || selection.all) {
    return "a custom argument; " + how_to_ask + " fills properties." + place +
           " with it";
  }
  return "a custom argument, dropped: is not an integer";
}

}  // namespace

std::string TypeName(Kind kind) {
  switch (kind) {
    case Kind::kText:
    case Kind::kCleanText:
    case Kind::kEscapedText:
      return "string";
    case Kind::kNumber:
    case Kind::kInteger:
      return "number";
    case Kind::kTrue:
    case Kind::kFalse:
      return "boolean";
    case Kind::kList:
      return "list";
    case Kind::kObject:
    case Kind::kComposite:
      return "object";
    case Kind::kMissing:
      break;
  }
  return "null";
}

FieldTrace TraceCustomArg(const ArgumentsOf& event, std::size_t index,
                          const transform::Options& options, bool has_track) {
  const codec::CustomArg& argument = event.raw.custom_args[index];
  FieldTrace trace;
  trace.key = std::string(argument.key.text());
  trace.type = TypeName(argument.value.kind);
  trace.note = WhyNoArgument(event.raw, index);
  if (!trace.note.empty() || !has_track) return trace;
  if (SubjectOf(event.converted, options) == trace.key) {
    trace.becomes = "properties.email_subject";
  }
  const auto becomes = [&trace](const std::string& place) {
    if (!trace.becomes.empty()) trace.becomes += ", ";
    trace.becomes += place;
  };
  const bool gives_user_id =
      !options.user_id_from.empty() && trace.key == options.user_id_from;
  if (gives_user_id && !event.track.user_id.missing()) becomes("userId");
  const std::string property = PropertyOf(trace.key, options.custom_args);
  if (IsSent(property, trace.key, event, options)) {
    becomes("properties." + property);
  }
  if (!trace.becomes.empty()) return trace;
  trace.note = gives_user_id ? "blank, so it gives no userId"
                             : WhyNot(property, trace.key, event, options);
  return trace;
}

}  // namespace segrid::cli
