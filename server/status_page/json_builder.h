// JSON, a member at a time.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace segrid::status_page {

// Appends to a text; the caller opens and closes what it begins. Commas are
// placed as needed. Not thread-safe.
class JsonBuilder {
 public:
  JsonBuilder& Open(char bracket, std::string_view key = "");
  JsonBuilder& Close(char bracket);
  JsonBuilder& Number(std::string_view key, double value);
  JsonBuilder& Number(std::string_view key, std::int64_t value);
  JsonBuilder& Flag(std::string_view key, bool value);
  // Any text: control characters are escaped, and each part that is no UTF-8
  // becomes U+FFFD, because a receiver's response is cut at a byte.
  JsonBuilder& Text(std::string_view key, std::string_view value);

  const std::string& text() const { return out_; }

 private:
  void Key(std::string_view key);
  void Quoted(std::string_view value);

  std::string out_;
};

}  // namespace segrid::status_page
