// Writes JSON text.

#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace segrid::bench {

// Appends values one after the other; the commas come by themselves. The caller
// keeps the nesting right and gives strings in UTF-8. Thread safety: none.
class JsonWriter {
 public:
  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }

  void Key(std::string_view key) {
    String(key);
    text_ += ':';
    needs_comma_ = false;
  }

  void String(std::string_view value) {
    Separate();
    text_ += '"';
    for (const char c : value) Escape(c);
    text_ += '"';
  }
  void Integer(std::int64_t value) {
    Separate();
    absl::StrAppend(&text_, value);
  }
  // Shortest form within 9 digits; null for what JSON cannot say.
  void Number(double value) {
    Separate();
    if (std::isfinite(value)) {
      absl::StrAppendFormat(&text_, "%.9g", value);
    } else {
      text_ += "null";
    }
  }
  void Bool(bool value) {
    Separate();
    text_ += value ? "true" : "false";
  }

  std::string Take() && { return std::move(text_); }

 private:
  void Separate() {
    if (needs_comma_) text_ += ',';
    needs_comma_ = true;
  }
  void Open(char bracket) {
    Separate();
    text_ += bracket;
    needs_comma_ = false;
  }
  void Close(char bracket) {
    text_ += bracket;
    needs_comma_ = true;
  }
  void Escape(char c) {
    if (c == '"' || c == '\\') {
      text_ += '\\';
      text_ += c;
    } else if (c == '\n') {
      text_ += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&text_, "\\u%04x", static_cast<int>(c));
    } else {
      text_ += c;
    }
  }

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace segrid::bench
