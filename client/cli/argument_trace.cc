#include "client/cli/argument_trace.h"

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
  const bool owned = catalog::IsOwnedProperty(trace.key);
  if (options.custom_args.Selects(trace.key) && !owned) {
    becomes("properties." + trace.key);
  }
  if (trace.becomes.empty()) {
    trace.note =
        owned ? "a custom argument; the mapping has another property "
                "of this name"
              : "a custom argument; custom_args: [" + trace.key + "] sends it";
  }
  return trace;
}

}  // namespace segrid::cli
