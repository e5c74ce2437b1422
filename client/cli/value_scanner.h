// Where a JSON value ends, found while its bytes arrive.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace segrid::cli {

// Walks over one value by JSON's grammar of brackets, strings, keys, colons and
// commas. It does not read numbers, literals and escapes, because whoever reads
// the value does. Thread safety: none.
class ValueScanner {
 public:
  enum class Step {
    kMore,   // The text ends before the value does.
    kDone,   // end() is the position behind the value.
    kWrong,  // No value goes on like this: see wrong().
  };

  // Goes on in `text`, which is what was given before with more behind it. With
  // `is_all` nothing follows, so a number may end where the text does.
  Step Scan(std::string_view text, bool is_all);

  // Position behind the value, or of what is wrong.
  std::size_t end() const { return at_; }

  // Why no value goes on like this; static storage.
  const char* wrong() const { return wrong_; }

  // Whether wrong() says what is expected where something else stands.
  bool is_unexpected() const { return is_unexpected_; }

 private:
  enum class Expect { kValue, kFirstValue, kKey, kFirstKey, kColon, kNext };

  Step Wrong(const char* why);
  Step Unexpected(const char* expected);
  Step ScanString(std::string_view text);
  Step ScanLiteral(std::string_view text, bool is_all);
  Step ScanToken(char c);
  Step Close(char c);

  std::size_t at_ = 0;
  bool in_string_ = false;
  bool in_literal_ = false;
  Expect expect_ = Expect::kValue;
  std::string open_;  // The brackets that are open.
  const char* wrong_ = "";
  bool is_unexpected_ = false;
};

// The position of the comma or the ] behind the array's element that `text`
// begins with, looking at brackets and strings only; npos when there is none.
std::size_t EndOfElement(std::string_view text);

}  // namespace segrid::cli
