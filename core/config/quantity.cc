#include "core/config/quantity.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "core/config/text.h"

namespace segrid::config {
namespace {

template <class Value>
struct Unit {
  std::string_view name;
  Value value;
};

constexpr auto kDurationUnits = std::to_array<Unit<absl::Duration>>({
    {"ms", absl::Milliseconds(1)},
    {"s", absl::Seconds(1)},
    {"m", absl::Minutes(1)},
    {"h", absl::Hours(1)},
    {"d", absl::Hours(24)},
});

// Binary units last, in growing order: SizeText reads them from the end.
constexpr auto kSizeUnits = std::to_array<Unit<std::int64_t>>({
    {"B", 1},
    {"KB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"TB", 1'000'000'000'000},
    {"KiB", std::int64_t{1} << 10},
    {"MiB", std::int64_t{1} << 20},
    {"GiB", std::int64_t{1} << 30},
    {"TiB", std::int64_t{1} << 40},
});

constexpr std::string_view kDurationHelp =
    "write a number with its unit: ms, s, m, h or d, e.g. 250ms, 50s, 20h";
constexpr std::string_view kSizeHelp =
    "write a number with its unit: B, KB, MB, GB, TB, KiB, MiB, GiB or TiB, "
    "e.g. 500KB, 4MiB";

// Numbers of more digits name nothing real and lose digits as a double.
constexpr std::size_t kMaxNumberLength = 15;

// A number and the letters after it, taken off the front of a text.
struct Term {
  double number = 0;
  std::string_view unit;
};

std::optional<Term> TakeTerm(std::string_view& text) {
  std::size_t digits = 0;
  while (digits < text.size() &&
         ((text[digits] >= '0' && text[digits] <= '9') ||
          (digits > 0 && text[digits] == '.'))) {
    ++digits;
  }
  if (digits == 0 || digits > kMaxNumberLength) return std::nullopt;
  Term term;
  if (text[digits - 1] == '.' ||
      !absl::SimpleAtod(absl::string_view(text.data(), digits), &term.number)) {
    return std::nullopt;
  }
  text.remove_prefix(digits);
  std::size_t letters = 0;
  while (letters < text.size() && text[letters] != '.' &&
         (text[letters] < '0' || text[letters] > '9')) {
    ++letters;
  }
  term.unit = text.substr(0, letters);
  text.remove_prefix(letters);
  return term;
}

template <class Units>
auto FindUnit(const Units& units, std::string_view name)
    -> decltype(&units[0]) {
  for (const auto& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

absl::Status Wrong(std::string_view what, std::string_view help) {
  return absl::InvalidArgumentError(Concat({what, "; ", help}));
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  absl::Duration sum;
  do {
    const std::optional<Term> term = TakeTerm(text);
    if (!term.has_value()) return Wrong("is no duration", kDurationHelp);
    if (term->unit.empty()) return Wrong("has no unit", kDurationHelp);
    const auto* unit = FindUnit(kDurationUnits, term->unit);
    if (unit == nullptr) return Wrong("has an unknown unit", kDurationHelp);
    sum += unit->value * term->number;
  } while (!text.empty());
  return absl::Trunc(sum, absl::Milliseconds(1));
}

std::string DurationText(absl::Duration value) {
  // Abseil's zero has no unit.
  if (value == absl::ZeroDuration()) return "0s";
  return absl::FormatDuration(value);
}

absl::StatusOr<std::int64_t> ParseSize(std::string_view text) {
  const std::optional<Term> term = TakeTerm(text);
  if (!term.has_value() || !text.empty()) {
    return Wrong("is no size", kSizeHelp);
  }
  if (term->unit.empty()) return Wrong("has no unit", kSizeHelp);
  const auto* unit = FindUnit(kSizeUnits, term->unit);
  if (unit == nullptr) return Wrong("has an unknown unit", kSizeHelp);
  const double bytes = term->number * static_cast<double>(unit->value);
  constexpr double kLargestExact = 9e15;
  if (bytes > kLargestExact) return Wrong("is too large", kSizeHelp);
  return static_cast<std::int64_t>(std::llround(bytes));
}

std::string SizeText(std::int64_t value) {
  for (std::size_t i = kSizeUnits.size(); value > 0 && i-- > 0;) {
    const auto& [name, unit] = kSizeUnits[i];
    if (name.ends_with("iB") && value % unit == 0) {
      return Concat({std::to_string(value / unit), name});
    }
  }
  return Concat({std::to_string(value), "B"});
}

}  // namespace segrid::config
