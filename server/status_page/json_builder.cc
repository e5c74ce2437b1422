#include "server/status_page/json_builder.h"

#include <charconv>

#include "core/codec/json_text.h"
#include "core/codec/utf8_repair.h"

namespace segrid::status_page {

JsonBuilder& JsonBuilder::Open(char bracket, std::string_view key) {
  Key(key);
  out_.push_back(bracket);
  return *this;
}

JsonBuilder& JsonBuilder::Close(char bracket) {
  out_.push_back(bracket);
  return *this;
}

JsonBuilder& JsonBuilder::Number(std::string_view key, double value) {
  Key(key);
  char text[32];
  out_.append(text, std::to_chars(text, text + sizeof(text), value).ptr);
  return *this;
}

JsonBuilder& JsonBuilder::Number(std::string_view key, std::int64_t value) {
  Key(key);
  out_.append(std::to_string(value));
  return *this;
}

JsonBuilder& JsonBuilder::Flag(std::string_view key, bool value) {
  Key(key);
  out_.append(value ? "true" : "false");
  return *this;
}

JsonBuilder& JsonBuilder::Text(std::string_view key, std::string_view value) {
  Key(key);
  Quoted(value);
  return *this;
}

void JsonBuilder::Key(std::string_view key) {
  if (!out_.empty() && out_.back() != '[' && out_.back() != '{') {
    out_.push_back(',');
  }
  if (key.empty()) return;
  Quoted(key);
  out_.push_back(':');
}

void JsonBuilder::Quoted(std::string_view value) {
  std::string valid;
  valid.reserve(value.size());
  while (!value.empty()) {
    const codec::Utf8Step step = codec::ReadUtf8(value);
    valid.append(step.valid ? value.substr(0, step.size) : "\xEF\xBF\xBD");
    value.remove_prefix(step.size);
  }
  out_.push_back('"');
  const std::size_t at = out_.size();
  out_.resize(at + 6 * valid.size());
  char* const end = codec::Escape(valid, out_.data() + at);
  out_.resize(static_cast<std::size_t>(end - out_.data()));
  out_.push_back('"');
}

}  // namespace segrid::status_page
