#include "bench/load/event_json.h"

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/stats/json_writer.h"

namespace segrid::bench {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using segrid::v1::SendGridEvent;

// The key of a field: its own name but where the proto says otherwise.
std::string KeyOf(const FieldDescriptor& field) {
  return field.has_json_name() ? field.json_name() : field.name();
}

bool IsDigits(const std::string& text) {
  return !text.empty() && text.size() < 16 && text[0] != '0' &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

void WriteString(const FieldDescriptor& field, const std::string& value,
                 JsonWriter& out) {
  // A pool's id is a number in real bodies.
  if (field.full_name() == "segrid.v1.Pool.id" && IsDigits(value)) {
    std::int64_t number = 0;
    (void)absl::SimpleAtoi(value, &number);
    out.Integer(number);
    return;
  }
  out.String(value);
}

void WriteRepeated(const Message& message, const FieldDescriptor& field,
                   JsonWriter& out) {
  const Reflection& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &field);
  if (size == 1) {
    out.String(reflection.GetRepeatedString(message, &field, 0));
    return;
  }
  out.BeginArray();
  for (int i = 0; i < size; ++i) {
    out.String(reflection.GetRepeatedString(message, &field, i));
  }
  out.EndArray();
}

void WriteMessage(const Message& message, JsonWriter& out);

void WriteField(const Message& message, const FieldDescriptor& field,
                JsonWriter& out) {
  const Reflection& reflection = *message.GetReflection();
  out.Key(KeyOf(field));
  if (field.is_repeated()) {
    WriteRepeated(message, field, out);
    return;
  }
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: {
      const bool value = reflection.GetBool(message, &field);
      if (field.name() == "tls" || field.name() == "cert_err") {
        out.Integer(value ? 1 : 0);
      } else {
        out.Bool(value);
      }
      break;
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const std::int64_t value = reflection.GetInt64(message, &field);
      if (field.name() == "attempt") {
        out.String(absl::StrCat(value));
      } else {
        out.Integer(value);
      }
      break;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      WriteMessage(reflection.GetMessage(message, &field), out);
      break;
    default:
      WriteString(field, reflection.GetString(message, &field), out);
  }
}

void WriteMessage(const Message& message, JsonWriter& out) {
  out.BeginObject();
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->is_map()) continue;
    WriteField(message, *field, out);
  }
  if (const auto* event = dynamic_cast<const SendGridEvent*>(&message)) {
    // A hash map's order is not the same on every machine: sorted is.
    const std::map<std::string, std::string> sorted(
        event->custom_args().begin(), event->custom_args().end());
    for (const auto& [key, value] : sorted) {
      out.Key(key);
      out.String(value);
    }
  }
  out.EndObject();
}

}  // namespace

std::string EventToJson(const SendGridEvent& event) {
  JsonWriter out;
  WriteMessage(event, out);
  return std::move(out).Take();
}

std::string JoinBody(const std::vector<std::string>& elements) {
  std::string body = "[";
  for (const std::string& element : elements) {
    if (body.size() > 1) body += ",\n";
    body += element;
  }
  body += ']';
  return body;
}

}  // namespace segrid::bench
