#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/load/event_json.h"
#include "simdjson.h"

namespace segrid::bench {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using segrid::v1::SendGridEvent;
namespace dom = simdjson::dom;

std::optional<std::string> AsString(dom::element value) {
  switch (value.type()) {
    case dom::element_type::STRING:
      return std::string(std::string_view(value));
    case dom::element_type::BOOL:
      return bool(value) ? "true" : "false";
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
      return simdjson::minify(value);
    default:
      return std::nullopt;
  }
}

std::optional<std::int64_t> AsInteger(dom::element value) {
  std::int64_t number = 0;
  if (value.get(number) == simdjson::SUCCESS) return number;
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS &&
      absl::SimpleAtoi(std::string(text), &number)) {
    return number;
  }
  return std::nullopt;
}

std::optional<bool> AsBool(dom::element value) {
  bool flag = false;
  if (value.get(flag) == simdjson::SUCCESS) return flag;
  const std::optional<std::string> text = AsString(value);
  if (text == "1" || text == "true") return true;
  if (text == "0" || text == "false") return false;
  return std::nullopt;
}

void SetMembers(dom::object object, Message& message);

void SetRepeated(dom::element value, const FieldDescriptor& field,
                 Message& message) {
  const Reflection& reflection = *message.GetReflection();
  dom::array array;
  if (value.get(array) != simdjson::SUCCESS) {
    if (const auto text = AsString(value)) {
      reflection.AddString(&message, &field, *text);
    }
    return;
  }
  for (const dom::element item : array) {
    if (const auto text = AsString(item)) {
      reflection.AddString(&message, &field, *text);
    }
  }
}

void SetField(dom::element value, const FieldDescriptor& field,
              Message& message) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    SetRepeated(value, field, message);
    return;
  }
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (const auto text = AsString(value)) {
        reflection.SetString(&message, &field, *text);
      }
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      if (const auto number = AsInteger(value)) {
        reflection.SetInt64(&message, &field, *number);
      }
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      if (const auto flag = AsBool(value)) {
        reflection.SetBool(&message, &field, *flag);
      }
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      dom::object object;
      if (value.get(object) == simdjson::SUCCESS) {
        SetMembers(object, *reflection.MutableMessage(&message, &field));
      }
      break;
    }
    default:
      break;
  }
}

// The field that a key of a body names, or nullptr.
const FieldDescriptor* FieldOf(const Descriptor& type, const std::string& key) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_map()) continue;
    const std::string& name =
        field.has_json_name() ? field.json_name() : field.name();
    if (name == key) return &field;
  }
  return nullptr;
}

void SetMembers(dom::object object, Message& message) {
  auto* event = dynamic_cast<SendGridEvent*>(&message);
  for (const auto& [key_view, value] : object) {
    const std::string key(key_view);
    const FieldDescriptor* field = FieldOf(*message.GetDescriptor(), key);
    if (field != nullptr) {
      SetField(value, *field, message);
    } else if (event != nullptr) {
      if (auto text = AsString(value)) {
        (*event->mutable_custom_args())[key] = *std::move(text);
      }
    }
  }
}

absl::Status NotJson(simdjson::error_code error) {
  return absl::InvalidArgumentError(
      absl::StrCat("not a webhook body (a JSON array of events): ",
                   simdjson::error_message(error)));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SplitBody(std::string_view body) {
  namespace od = simdjson::ondemand;
  const simdjson::padded_string padded(body.data(), body.size());
  od::parser parser;
  od::document document;
  std::vector<std::string> elements;
  od::array array;
  auto error = parser.iterate(padded).get(document);
  if (error == simdjson::SUCCESS) error = document.get_array().get(array);
  if (error != simdjson::SUCCESS) return NotJson(error);
  for (auto item : array) {
    od::value value;
    od::json_type type{};
    error = item.get(value);
    if (error == simdjson::SUCCESS) error = value.type().get(type);
    std::string_view raw;
    if (error == simdjson::SUCCESS) {
      if (type == od::json_type::object) {
        od::object object;
        error = value.get_object().get(object);
        if (error == simdjson::SUCCESS) error = object.raw_json().get(raw);
      } else if (type == od::json_type::array) {
        od::array inner;
        error = value.get_array().get(inner);
        if (error == simdjson::SUCCESS) error = inner.raw_json().get(raw);
      } else {
        raw = value.raw_json_token();
      }
    }
    if (error != simdjson::SUCCESS) return NotJson(error);
    const std::size_t end = raw.find_last_not_of(" \t\r\n");
    elements.emplace_back(raw.substr(0, end + 1));
  }
  return elements;
}

absl::StatusOr<SendGridEvent> JsonToEvent(std::string_view element) {
  dom::parser parser;
  dom::element root;
  dom::object object;
  const auto error =
      parser.parse(element.data(), element.size(), true).get(root);
  if (error != simdjson::SUCCESS) return NotJson(error);
  if (root.get(object) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(
        "an element of the body is not a JSON object; typed events cannot say "
        "that: use --input json");
  }
  SendGridEvent event;
  SetMembers(object, event);
  return event;
}

}  // namespace segrid::bench
