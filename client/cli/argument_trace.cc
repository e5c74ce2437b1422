#include "client/cli/argument_trace.h"

#include <algorithm>
#include <string_view>

#include "core/catalog/catalog.h"
#include "core/transform/custom_args.h"

namespace segrid::cli {

using codec::Kind;

namespace {

// The custom argument that is the subject; "" when there is none.
std::string SubjectOf(codec::Event& converted,
                      const transform::Options& options) {
  transform::FieldCounts counts;
  for (const std::string& name : options.subject_from) {
    if (!transform::FindCustomArg(name, converted, counts).missing()) {
      return name;
    }
  }
  return "";
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
  return plain ? "" : "a custom argument; lists and objects are never sent";
}

// The property that an argument is to become; "" when nobody asks for it.
std::string PropertyOf(const std::string& name,
                       const transform::CustomArgSelection& selection) {
  if (selection.all) return selection.prefix + name;
  const transform::NamedArg* const named = selection.Find(name);
  return named == nullptr ? "" : named->property;
}

// True when the argument gets the property: nobody owns it, or the mapping does
// and has no value for it.
bool IsSent(const std::string& property, const std::string& name,
            codec::Event& converted, const transform::Options& options) {
  const auto& selection = options.custom_args;
  if (!selection.Selects(name) ||
      catalog::FindField(name) != catalog::kNoField ||
      std::binary_search(selection.taken.begin(), selection.taken.end(),
                         property)) {
    return false;
  }
  const std::size_t index = catalog::FindProperty(property);
  if (index == catalog::kPropertyCount) return true;
  const catalog::PropertyRow& row = catalog::kProperties[index];
  if (selection.all || row.filling == catalog::Filling::kNever) return false;
  if (row.rule == catalog::Rule::kSubject) {
    return SubjectOf(converted, options).empty();
  }
  const auto has = [&converted](std::string_view key) {
    const catalog::FieldId id = catalog::FindField(key);
    return id != catalog::kNoField && converted.Has(id);
  };
  return !has(row.first) && !has(row.second);
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
  if (trace.key == SubjectOf(event.converted, options)) {
    trace.becomes = "properties.email_subject";
  }
  const auto becomes = [&trace](const std::string& place) {
    if (!trace.becomes.empty()) trace.becomes += ", ";
    trace.becomes += place;
  };
  if (trace.key == options.user_id_from) becomes("userId");
  const std::string property = PropertyOf(trace.key, options.custom_args);
  if (IsSent(property, trace.key, event.converted, options)) {
    becomes("properties." + property);
  }
  if (!trace.becomes.empty()) return trace;
  if (!property.empty() || catalog::IsOwnedProperty(trace.key)) {
    trace.note =
        "a custom argument; the mapping has another property of this name";
  } else {
    trace.note = "a custom argument; custom_args: [" + trace.key + "] sends it";
  }
  return trace;
}

}  // namespace segrid::cli
