#include "server/http/negotiation.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "boost/beast/core/string.hpp"

namespace segrid::httpd {
namespace {

using boost::beast::iequals;

constexpr int kBestQuality = 1'000;  // "1"; qualities are in thousandths.

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// The parts of `text` between the separators that are in no quoted string.
std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  bool is_quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (text[i] == separator && !is_quoted) {
      parts.push_back(Trimmed(text.substr(start, i - start)));
      start = i + 1;
    }
  }
  parts.push_back(Trimmed(text.substr(start)));
  return parts;
}

// `0`, `0.75`, `1.000`; nothing for what is no quality.
std::optional<int> QualityOf(std::string_view text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  if (text[0] != '0' && text[0] != '1') return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int quality = (text[0] - '0') * kBestQuality;
  int unit = kBestQuality / 10;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return std::nullopt;
    quality += (digit - '0') * unit;
    unit /= 10;
  }
  if (quality > kBestQuality) return std::nullopt;
  return quality;
}

// An element of either header: `text/plain;version=0.0.4;q=0.5`, `gzip;q=0`.
struct Element {
  std::string_view name{};
  int quality = kBestQuality;
  std::string_view version{};
  std::string_view charset{};
};

std::string_view WithoutQuotes(std::string_view text) {
  const bool is_quoted =
      text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

std::vector<Element> ElementsOf(std::string_view header) {
  std::vector<Element> elements;
  for (const std::string_view text : Split(header, ',')) {
    const std::vector<std::string_view> parts = Split(text, ';');
    Element element{.name = parts.front()};
    bool is_well_formed = !element.name.empty();
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::size_t at = parts[i].find('=');
      const std::string_view key = Trimmed(parts[i].substr(0, at));
      const std::string_view value =
          at == std::string_view::npos ? "" : Trimmed(parts[i].substr(at + 1));
      if (iequals(key, "q")) {
        const std::optional<int> quality = QualityOf(value);
        is_well_formed = is_well_formed && quality.has_value();
        element.quality = quality.value_or(0);
      } else if (iequals(key, "version")) {
        element.version = WithoutQuotes(value);
      } else if (iequals(key, "charset")) {
        element.charset = WithoutQuotes(value);
      }
    }
    if (is_well_formed) elements.push_back(element);
  }
  return elements;
}

// How exactly `range` names `type`; nothing when it does not match.
std::optional<int> ExactnessOf(const Element& range, const MediaType& type) {
  if (!range.charset.empty() && !iequals(range.charset, "utf-8")) {
    return std::nullopt;
  }
  if (range.name == "*/*") return 0;
  if (range.name.ends_with("/*")) {
    const std::string_view prefix = range.name.substr(0, range.name.size() - 1);
    if (!iequals(type.type.substr(0, prefix.size()), prefix)) {
      return std::nullopt;
    }
    return 1;
  }
  if (!iequals(range.name, type.type)) return std::nullopt;
  if (range.version.empty()) return 2;
  if (range.version != type.version) return std::nullopt;
  return 3;
}

// How much a type is wanted: by the range that names it most exactly.
struct Preference {
  int quality = 0;
  int exactness = -1;

  bool operator>(const Preference& other) const {
    return quality != other.quality ? quality > other.quality
                                    : exactness > other.exactness;
  }
};

Preference PreferenceFor(const MediaType& type,
                         const std::vector<Element>& ranges) {
  Preference preference;
  for (const Element& range : ranges) {
    const std::optional<int> exactness = ExactnessOf(range, type);
    if (!exactness.has_value()) continue;
    if (*exactness > preference.exactness)
      preference = {range.quality, *exactness};
  }
  return preference;
}

}  // namespace

std::size_t PreferredType(std::string_view accept,
                          std::span<const MediaType> offered) {
  const std::vector<Element> ranges = ElementsOf(accept);
  std::size_t best = 0;
  Preference best_preference;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    const Preference preference = PreferenceFor(offered[i], ranges);
    if (preference.quality > 0 && preference > best_preference) {
      best = i;
      best_preference = preference;
    }
  }
  return best;
}

bool PrefersGzip(std::string_view accept_encoding) {
  std::optional<int> gzip;
  std::optional<int> plain;
  std::optional<int> others;
  for (const Element& coding : ElementsOf(accept_encoding)) {
    if (iequals(coding.name, "gzip") || iequals(coding.name, "x-gzip")) {
      gzip = std::max(gzip.value_or(0), coding.quality);
    } else if (iequals(coding.name, "identity")) {
      plain = coding.quality;
    } else if (coding.name == "*") {
      others = coding.quality;
    }
  }
  const int preference = gzip.value_or(others.value_or(0));
  return preference > 0 && preference >= plain.value_or(others.value_or(0));
}

}  // namespace segrid::httpd
