#include "client/cli/track_json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/reflection.h>

#include <map>
#include <string_view>
#include <vector>

#include "client/cli/json.h"
#include "core/base/version.h"

namespace segrid::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void AppendKey(std::string& out, std::string_view key) {
  if (!out.ends_with('{')) out += ',';
  AppendJsonString(out, key);
  out += ':';
}

void AppendMember(std::string& out, std::string_view key,
                  std::string_view text) {
  if (text.empty()) return;
  AppendKey(out, key);
  AppendJsonString(out, text);
}

template <typename Strings>
void AppendList(std::string& out, const Strings& texts) {
  out += '[';
  for (const std::string& text : texts) {
    if (!out.ends_with('[')) out += ',';
    AppendJsonString(out, text);
  }
  out += ']';
}

void AppendValue(std::string& out, const Message& message,
                 const FieldDescriptor& field) {
  const Reflection& fields = *message.GetReflection();
  if (field.is_repeated()) {
    AppendList(out, fields.GetRepeatedFieldRef<std::string>(message, &field));
    return;
  }
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      out += std::to_string(fields.GetInt64(message, &field));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      out += fields.GetBool(message, &field) ? "true" : "false";
      break;
    default:
      AppendJsonString(out, fields.GetString(message, &field));
  }
}

// The fields that are set, under their names in the .proto file, which are
// Segment's for properties and traits and SendGrid's for objects.
void AppendFields(std::string& out, const Message& message) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    if (field->is_map()) continue;
    AppendKey(out, field->name());
    AppendValue(out, message, *field);
  }
}

void AppendObject(std::string& out, const Message& message) {
  out += '{';
  AppendFields(out, message);
  out += '}';
}

void AppendExtra(std::string& out, const v1::ExtraValue& value) {
  switch (value.kind_case()) {
    case v1::ExtraValue::kStringValue:
      AppendJsonString(out, value.string_value());
      break;
    case v1::ExtraValue::kIntegerValue:
      out += std::to_string(value.integer_value());
      break;
    case v1::ExtraValue::kBoolValue:
      out += value.bool_value() ? "true" : "false";
      break;
    case v1::ExtraValue::kListValue:
      AppendList(out, value.list_value().values());
      break;
    case v1::ExtraValue::kUrlOffset:
      AppendObject(out, value.url_offset());
      break;
    case v1::ExtraValue::kPool:
      AppendObject(out, value.pool());
      break;
    case v1::ExtraValue::kNewsletter:
      AppendObject(out, value.newsletter());
      break;
    case v1::ExtraValue::KIND_NOT_SET:
      out += "null";
      break;
  }
}

void AppendProperties(std::string& out, const v1::TrackProperties& properties) {
  AppendKey(out, "properties");
  out += '{';
  AppendFields(out, properties);
  // A map has no order; equal Tracks shall give equal lines.
  const std::map<std::string_view, const v1::ExtraValue*> sorted = [&] {
    std::map<std::string_view, const v1::ExtraValue*> extras;
    for (const auto& [name, value] : properties.extra()) extras[name] = &value;
    return extras;
  }();
  for (const auto& [name, value] : sorted) {
    AppendKey(out, name);
    AppendExtra(out, *value);
  }
  out += '}';
}

void AppendContext(std::string& out, const v1::TrackContext& context) {
  AppendKey(out, "context");
  out += "{\"library\":{\"name\":\"segrid\",\"version\":";
  AppendJsonString(out, base::kVersion);
  out += "},\"traits\":";
  AppendObject(out, context.traits());
  AppendMember(out, "ip", context.ip());
  AppendMember(out, "userAgent", context.user_agent());
  out += '}';
}

}  // namespace

void AppendTrackJson(std::string& out, const v1::Track& track) {
  std::string json = "{\"type\":\"track\"";
  AppendMember(json, "messageId", track.message_id());
  AppendMember(json, "anonymousId", track.anonymous_id());
  AppendMember(json, "userId", track.user_id());
  AppendMember(json, "event", track.event());
  AppendMember(json, "timestamp", TimeText(track.timestamp()));
  AppendProperties(json, track.properties());
  AppendContext(json, track.context());
  json += '}';
  out += json;
}

}  // namespace segrid::cli
