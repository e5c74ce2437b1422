#include "core/transform/time.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace segrid::transform {

using codec::TimeUnit;
using codec::Value;

namespace {

constexpr std::int64_t kSecondMs = 1000;
// Values of this and more are milliseconds, below it seconds.
constexpr std::int64_t kFirstMilliseconds = 100'000'000'000;
// The last millisecond of the year 9999.
constexpr std::int64_t kLastMilliseconds = 253'402'300'799'999;

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// As seconds where that says it all, else as milliseconds.
Value TimeOf(std::int64_t milliseconds) {
  return milliseconds % kSecondMs == 0
             ? Value::OfTime(milliseconds / kSecondMs, TimeUnit::kSeconds)
             : Value::OfTime(milliseconds, TimeUnit::kMilliseconds);
}

// Takes what it reads off the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool Eat(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // All digits that stand here.
  std::string_view Digits() {
    const auto end = std::find_if_not(text_.begin(), text_.end(), IsDigit);
    const auto count = static_cast<std::size_t>(end - text_.begin());
    const std::string_view digits = text_.substr(0, count);
    text_.remove_prefix(count);
    return digits;
  }
  // A number of exactly `count` digits, at most `max`.
  bool Number(std::size_t count, int max, int& number) {
    if (text_.size() < count) return false;
    number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!IsDigit(text_[i])) return false;
      number = number * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return number <= max;
  }

 private:
  std::string_view text_;
};

// The digits of a decimal number as if they stood in one row: digit 0 is the
// first, and the point stands before digit `point`.
struct Decimal {
  std::string_view whole;
  std::string_view fraction;
  std::int64_t point = 0;

  int DigitAt(std::int64_t i) const {
    const auto whole_size = static_cast<std::int64_t>(whole.size());
    const auto size = whole_size + static_cast<std::int64_t>(fraction.size());
    if (i < 0 || i >= size) return 0;
    const char digit = i < whole_size
                           ? whole[static_cast<std::size_t>(i)]
                           : fraction[static_cast<std::size_t>(i - whole_size)];
    return digit - '0';
  }
  // The place of the last digit that is written: 0 for ones, 3 for thousands.
  std::int64_t LastPlace() const {
    return point - static_cast<std::int64_t>(whole.size() + fraction.size());
  }
  // The digits before the point, and those of the millisecond behind it.
  std::optional<std::int64_t> Whole() const {
    constexpr std::int64_t kMost = 1'000'000'000'000'000;
    std::int64_t number = 0;
    for (std::int64_t i = 0; i < point; ++i) {
      number = number * 10 + DigitAt(i);
      if (number > kMost) return std::nullopt;
    }
    return number;
  }
  std::int64_t Thousandths() const {
    return DigitAt(point) * 100 + DigitAt(point + 1) * 10 + DigitAt(point + 2);
  }
};

// Reads the sign and digits of an exponent; false where there are none. One
// that is too large for any time stays too large.
bool ReadExponent(Scanner& scanner, std::int64_t& exponent) {
  constexpr std::int64_t kTooLarge = 1'000'000'000;
  const bool is_negative = scanner.Eat('-');
  if (!is_negative) scanner.Eat('+');
  const std::string_view digits = scanner.Digits();
  for (const char c : digits) {
    exponent = std::min(exponent * 10 + (c - '0'), kTooLarge);
  }
  if (is_negative) exponent = -exponent;
  return !digits.empty();
}

// Reads `±hh:mm` or `Z` as minutes.
bool ReadOffset(Scanner& scanner, int& minutes) {
  if (scanner.Eat('Z')) return true;
  const bool is_negative = scanner.Eat('-');
  if (!is_negative && !scanner.Eat('+')) return false;
  int hours = 0;
  if (!scanner.Number(2, 23, hours) || !scanner.Eat(':') ||
      !scanner.Number(2, 59, minutes)) {
    return false;
  }
  minutes += hours * 60;
  if (is_negative) minutes = -minutes;
  return true;
}

std::optional<Value> ParseRfc3339(std::string_view text) {
  Scanner scanner(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!scanner.Number(4, 9999, year) || !scanner.Eat('-') ||
      !scanner.Number(2, 12, month) || !scanner.Eat('-') ||
      !scanner.Number(2, 31, day)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(
      std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
      std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok() || !(scanner.Eat('T') || scanner.Eat(' ')) ||
      !scanner.Number(2, 23, hour) || !scanner.Eat(':') ||
      !scanner.Number(2, 59, minute) || !scanner.Eat(':') ||
      !scanner.Number(2, 59, second)) {
    return std::nullopt;
  }
  Decimal fraction;
  if (scanner.Eat('.')) {
    fraction.fraction = scanner.Digits();
    if (fraction.fraction.empty()) return std::nullopt;
  }
  int offset = 0;
  if (!ReadOffset(scanner, offset) || !scanner.done()) return std::nullopt;
  const std::int64_t days =
      std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t minutes = (days * 24 + hour) * 60 + minute - offset;
  return TimeOf((minutes * 60 + second) * kSecondMs + fraction.Thousandths());
}

}  // namespace

std::optional<Value> ParseDecimalTime(std::string_view text) {
  Scanner scanner(text);
  const bool is_negative = scanner.Eat('-');
  Decimal decimal;
  decimal.whole = scanner.Digits();
  if (decimal.whole.empty()) return std::nullopt;
  if (scanner.Eat('.')) {
    decimal.fraction = scanner.Digits();
    if (decimal.fraction.empty()) return std::nullopt;
  }
  std::int64_t exponent = 0;
  if (scanner.Eat('e') || scanner.Eat('E')) {
    if (!ReadExponent(scanner, exponent)) return std::nullopt;
  }
  if (!scanner.done()) return std::nullopt;
  decimal.point = static_cast<std::int64_t>(decimal.whole.size()) + exponent;
  // Before the digits are read, so that there are no more than are written.
  constexpr std::int64_t kSecondPlaceOfMs = 3;
  if (decimal.LastPlace() > kSecondPlaceOfMs) return std::nullopt;
  const std::optional<std::int64_t> whole = decimal.Whole();
  if (!whole.has_value()) return std::nullopt;
  const bool in_milliseconds = *whole >= kFirstMilliseconds;
  if (!in_milliseconds && decimal.LastPlace() > 0) return std::nullopt;
  const std::int64_t milliseconds =
      in_milliseconds ? *whole : *whole * kSecondMs + decimal.Thousandths();
  return TimeOf(is_negative ? -milliseconds : milliseconds);
}

std::optional<Value> ParseTime(std::string_view text) {
  const std::optional<Value> decimal = ParseDecimalTime(text);
  return decimal.has_value() ? decimal : ParseRfc3339(text);
}

std::int64_t MillisecondsOf(Value time) {
  const std::int64_t number = time.integer;
  if (time.missing() || number <= 0) return 0;
  const bool in_seconds =
      time.unit() == TimeUnit::kSeconds ||
      (time.unit() == TimeUnit::kByMagnitude && number < kFirstMilliseconds);
  if (in_seconds) {
    return number <= kLastMilliseconds / kSecondMs ? number * kSecondMs : 0;
  }
  return number <= kLastMilliseconds ? number : 0;
}

}  // namespace segrid::transform
