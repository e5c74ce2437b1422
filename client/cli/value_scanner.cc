#include "client/cli/value_scanner.h"

#include <algorithm>

namespace segrid::cli {
namespace {

constexpr std::size_t kMaxDepth = 1'024;
constexpr std::string_view kEndsLiteral = " \t\r\n,:[]{}\"";

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

ValueScanner::Step ValueScanner::Wrong(const char* why) {
  wrong_ = why;
  return Step::kWrong;
}

// Something else is here.
ValueScanner::Step ValueScanner::Unexpected(const char* expected) {
  is_unexpected_ = true;
  return Wrong(expected);
}

// In a string; kDone when it has ended.
ValueScanner::Step ValueScanner::ScanString(std::string_view text) {
  while (at_ < text.size()) {
    const char c = text[at_];
    if (c == '"') {
      ++at_;
      in_string_ = false;
      return Step::kDone;
    }
    if (c == '\n') return Wrong("a string has no end in its line");
    if (c == '\\') {
      if (at_ + 1 == text.size()) return Step::kMore;
      if (text[at_ + 1] != '\n') ++at_;
    }
    ++at_;
  }
  return Step::kMore;
}

ValueScanner::Step ValueScanner::ScanLiteral(std::string_view text,
                                             bool is_all) {
  at_ = std::min(text.find_first_of(kEndsLiteral, at_), text.size());
  if (at_ == text.size() && !is_all) return Step::kMore;
  in_literal_ = false;
  return Step::kDone;
}

ValueScanner::Step ValueScanner::Close(char c) {
  const char opened = c == '}' ? '{' : '[';
  if (open_.empty() || open_.back() != opened) {
    return Wrong(c == '}' ? "a } closes nothing that is open"
                          : "a ] closes nothing that is open");
  }
  open_.pop_back();
  expect_ = Expect::kNext;
  ++at_;
  return Step::kDone;
}

// One token outside strings and literals; kDone when it was right.
ValueScanner::Step ValueScanner::ScanToken(char c) {
  const bool key_may_come =
      expect_ == Expect::kKey || expect_ == Expect::kFirstKey;
  switch (expect_) {
    case Expect::kNext:
      if (c == '}' || c == ']') return Close(c);
      if (c != ',')
        return Unexpected("a comma or a closing bracket is expected here");
      expect_ = open_.back() == '{' ? Expect::kKey : Expect::kValue;
      break;
    case Expect::kColon:
      if (c != ':') return Unexpected("a colon must follow the key");
      expect_ = Expect::kValue;
      break;
    default:
      if (c == '}' && expect_ == Expect::kFirstKey) return Close(c);
      if (c == ']' && expect_ == Expect::kFirstValue) return Close(c);
      if (key_may_come && c != '"') {
        return Unexpected("a key in double quotes is expected here");
      }
      if (c == ',' || c == ':' || c == '}' || c == ']') {
        return Unexpected("a value is expected here");
      }
      if (c == '{' || c == '[') {
        if (open_.size() == kMaxDepth) {
          return Wrong("it is nested over 1,024 levels deep");
        }
        open_.push_back(c);
        expect_ = c == '{' ? Expect::kFirstKey : Expect::kFirstValue;
        break;
      }
      in_string_ = c == '"';
      in_literal_ = !in_string_;
      expect_ = key_may_come ? Expect::kColon : Expect::kNext;
  }
  ++at_;
  return Step::kDone;
}

ValueScanner::Step ValueScanner::Scan(std::string_view text, bool is_all) {
  while (true) {
    Step step = Step::kDone;
    if (in_string_) {
      step = ScanString(text);
    } else if (in_literal_) {
      step = ScanLiteral(text, is_all);
    } else if (at_ == text.size()) {
      return Step::kMore;
    } else if (IsBlank(text[at_])) {
      ++at_;
      continue;
    } else {
      step = ScanToken(text[at_]);
    }
    if (step != Step::kDone) return step;
    const bool inside = in_string_ || in_literal_ || !open_.empty();
    if (!inside && expect_ == Expect::kNext) return Step::kDone;
  }
}

std::size_t EndOfElement(std::string_view text) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
      }
      if (at >= text.size()) return kNone;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (depth == 0 && (c == ',' || c == ']')) {
      return at;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return kNone;
      --depth;
    }
  }
  return kNone;
}

}  // namespace segrid::cli
