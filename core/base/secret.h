// A string that must not be seen: write keys, tokens, passwords.

#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace segrid::base {

// Holds a secret and prints `***`. The only way to the text is Reveal(), so
// that a search for it finds every use. Thread safety: as a const std::string.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  bool empty() const { return text_.empty(); }

  // The text itself. Give it to the wire, never to a log, metric or error.
  const std::string& Reveal() const { return text_; }

  friend bool operator==(const Secret&, const Secret&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Secret& secret) {
    return out << (secret.empty() ? "" : "***");
  }

 private:
  std::string text_;
};

}  // namespace segrid::base
