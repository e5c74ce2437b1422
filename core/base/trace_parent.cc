#include "core/base/trace_parent.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace segrid::base {
namespace {

// 00-<32 hex>-<16 hex>-<2 hex>
constexpr std::size_t kHeaderBytes = 55;
constexpr std::size_t kMaxStateMembers = 32;
constexpr std::uint8_t kSampled = 1;
constexpr std::uint8_t kInvalidVersion = 0xFF;
constexpr std::string_view kDigits = "0123456789abcdef";  // No others count.

// Reads as many bytes as `out` has, of two digits each.
bool ReadHex(std::string_view text, std::uint8_t* out, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    const std::size_t high = kDigits.find(text[2 * i]);
    const std::size_t low = kDigits.find(text[2 * i + 1]);
    if (high == kDigits.npos || low == kDigits.npos) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

template <std::size_t kBytes>
bool IsZero(const std::array<std::uint8_t, kBytes>& id) {
  return std::all_of(id.begin(), id.end(), [](auto byte) { return byte == 0; });
}

template <std::size_t kBytes>
void AppendHex(const std::array<std::uint8_t, kBytes>& id, std::string& out) {
  for (const std::uint8_t byte : id) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

// `key` or `tenant@system`, with the characters of level 2.
bool IsStateKey(std::string_view key) {
  constexpr std::size_t kMaxKeyBytes = 256;
  if (key.empty() || key.size() > kMaxKeyBytes) return false;
  if (!absl::ascii_islower(static_cast<unsigned char>(key.front())) &&
      !absl::ascii_isdigit(static_cast<unsigned char>(key.front()))) {
    return false;
  }
  return key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-*/@") ==
         key.npos;
}

bool IsStateValue(std::string_view value) {
  constexpr std::size_t kMaxValueBytes = 256;
  return !value.empty() && value.size() <= kMaxValueBytes &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return c >= ' ' && c <= '~' && c != ',' && c != '=';
         });
}

}  // namespace

std::optional<TraceParent> ParseTraceParent(std::string_view header) {
  if (header.size() < kHeaderBytes || header[2] != '-' || header[35] != '-' ||
      header[52] != '-') {
    return std::nullopt;
  }
  TraceParent trace;
  std::uint8_t version = 0;
  std::uint8_t flags = 0;
  if (!ReadHex(header, &version, 1) ||
      !ReadHex(header.substr(3), trace.trace_id.data(), 16) ||
      !ReadHex(header.substr(36), trace.span_id.data(), 8) ||
      !ReadHex(header.substr(53), &flags, 1) || version == kInvalidVersion ||
      IsZero(trace.trace_id) || IsZero(trace.span_id)) {
    return std::nullopt;
  }
  // Later versions may add fields, this one has none.
  if (header.size() > kHeaderBytes &&
      (version == 0 || header[kHeaderBytes] != '-')) {
    return std::nullopt;
  }
  trace.sampled = (flags & kSampled) != 0;
  return trace;
}

std::string ParseTraceState(std::string_view headers) {
  std::string state;
  std::vector<std::string_view> keys;
  for (const absl::string_view piece :
       absl::StrSplit(absl::string_view(headers.data(), headers.size()), ',')) {
    const absl::string_view trimmed = absl::StripAsciiWhitespace(piece);
    if (trimmed.empty()) continue;
    const std::string_view member(trimmed.data(), trimmed.size());
    const std::string_view key = member.substr(0, member.find('='));
    if (key.size() == member.size() || !IsStateKey(key) ||
        !IsStateValue(member.substr(key.size() + 1)) ||
        std::find(keys.begin(), keys.end(), key) != keys.end()) {
      return "";
    }
    keys.push_back(key);
    if (keys.size() > kMaxStateMembers) return "";
    const std::size_t comma = state.empty() ? 0 : 1;
    // Shorter members behind a long one still find room.
    if (state.size() + comma + member.size() > kMaxTraceStateBytes) continue;
    state.append(comma, ',').append(member);
  }
  return state;
}

std::string ToHeader(const TraceParent& trace) {
  std::string header = "00-";
  header.reserve(kHeaderBytes);
  AppendHex(trace.trace_id, header);
  header += '-';
  AppendHex(trace.span_id, header);
  header += trace.sampled ? "-01" : "-00";
  return header;
}

std::string TraceIdText(const TraceParent& trace) {
  std::string text;
  AppendHex(trace.trace_id, text);
  return text;
}

TraceParent WithSpan(const TraceParent& trace, std::uint64_t span_id) {
  TraceParent child = trace;
  for (std::size_t i = 0; i < child.span_id.size(); ++i) {
    child.span_id[i] = static_cast<std::uint8_t>(span_id >> (56 - 8 * i));
  }
  return child;
}

std::uint64_t RandomSpanId() {
  // One generator per thread: no lock, and no state shared between sources.
  thread_local absl::BitGen generator;
  return absl::Uniform<std::uint64_t>(
      absl::IntervalClosed, generator, 1,
      std::numeric_limits<std::uint64_t>::max());
}

}  // namespace segrid::base
