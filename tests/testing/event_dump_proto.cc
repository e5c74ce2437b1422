#include <map>
#include <string>
#include <vector>

#include "core/catalog/catalog.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "tests/testing/dump_lines.h"
#include "tests/testing/event_dump.h"

namespace segrid::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor& FieldOf(const Message& message, catalog::FieldId id) {
  return *message.GetDescriptor()->FindFieldByNumber(catalog::Row(id).number);
}

std::string DumpField(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    std::vector<std::string> items;
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      items.push_back(
          DumpText(reflection.GetRepeatedString(message, &field, i)));
    }
    return DumpItems(items);
  }
  if (field.has_presence() && !reflection.HasField(message, &field)) return "";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return DumpText(reflection.GetString(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return DumpInteger(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return DumpBool(reflection.GetBool(message, &field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "object";
    default:
      return "a type that the catalog does not have";
  }
}

}  // namespace

std::string DumpEvent(const v1::SendGridEvent& event) {
  DumpLines lines;
  for (std::size_t i = 0; i < catalog::kFieldCount; ++i) {
    const Message* message = &event;
    if (const auto parent = ObjectOf(FieldAt(i)); parent != catalog::kNoField) {
      const FieldDescriptor& object = FieldOf(event, parent);
      if (!event.GetReflection()->HasField(event, &object)) continue;
      message = &event.GetReflection()->GetMessage(event, &object);
    }
    lines.Row(FieldAt(i), DumpField(*message, FieldOf(*message, FieldAt(i))));
  }
  std::map<std::string, std::string> args;
  for (const auto& [key, value] : event.custom_args()) {
    args[key] = DumpText(value);
  }
  lines.Arguments(args);
  return lines.Take();
}

}  // namespace segrid::testing
