// JSON, a member at a time.

#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace segrid::status_page {

// Appends to a text; the caller opens and closes what it begins. Commas are
// placed as needed. Not thread-safe.
class JsonText {
 public:
  JsonText& Open(char bracket, std::string_view key = "") {
    Key(key);
    out_.push_back(bracket);
    return *this;
  }
  JsonText& Close(char bracket) {
    out_.push_back(bracket);
    return *this;
  }
  JsonText& Number(std::string_view key, double value) {
    Key(key);
    char text[32];
    out_.append(text, std::to_chars(text, text + sizeof(text), value).ptr);
    return *this;
  }
  JsonText& Number(std::string_view key, std::int64_t value) {
    Key(key);
    out_.append(std::to_string(value));
    return *this;
  }
  JsonText& Flag(std::string_view key, bool value) {
    Key(key);
    out_.append(value ? "true" : "false");
    return *this;
  }
  // Bytes outside printable ASCII become `?`: what comes here is ours.
  JsonText& Text(std::string_view key, std::string_view value) {
    Key(key);
    Quoted(value);
    return *this;
  }

  const std::string& text() const { return out_; }

 private:
  void Key(std::string_view key) {
    if (!out_.empty() && out_.back() != '[' && out_.back() != '{') {
      out_.push_back(',');
    }
    if (key.empty()) return;
    Quoted(key);
    out_.push_back(':');
  }
  void Quoted(std::string_view value) {
    out_.push_back('"');
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') out_.push_back('\\');
      out_.push_back(byte < 0x20 || byte > 0x7E ? '?' : c);
    }
    out_.push_back('"');
  }

  std::string out_;
};

}  // namespace segrid::status_page
