#include "server/logging/line.h"

#include <array>
#include <cstdint>
#include <variant>

#include "core/codec/wire.h"

namespace segrid::logging {
namespace {

struct LevelNames {
  std::string_view json;
  std::string_view text;  // Padded: messages stand below each other.
};

constexpr std::array<LevelNames, 4> kLevels = {{
    {"debug", "DEBUG  "},
    {"info", "INFO   "},
    {"warning", "WARNING"},
    {"error", "ERROR  "},
}};

const LevelNames& NamesOf(Level level) {
  return kLevels[static_cast<std::size_t>(level)];
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

void AppendQuoted(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const bool valid = codec::IsUtf8(text);
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      out.append("\\u00");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      out.push_back(byte >= 0x80 && !valid ? '?' : c);
    }
  }
  out.push_back('"');
}

bool NeedsQuotes(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '=' ||
        c == '\\') {
      return true;
    }
  }
  return text.empty();
}

void AppendValue(std::string& out, const Field& field, bool always_quote) {
  if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    out.append(std::to_string(*number));
  } else if (const auto* flag = std::get_if<bool>(&field.value)) {
    out.append(*flag ? "true" : "false");
  } else {
    const auto& text = std::get<std::string>(field.value);
    if (always_quote || NeedsQuotes(text)) {
      AppendQuoted(out, text);
    } else {
      out.append(text);
    }
  }
}

}  // namespace

std::string FormatJson(const Line& line) {
  std::string out = "{\"time\":\"";
  out.append(TimeText(line.time)).append("\",\"level\":\"");
  out.append(NamesOf(line.level).json).append("\",\"message\":");
  AppendQuoted(out, line.message);
  const auto append = [&out](const Field& field) {
    out.push_back(',');
    AppendQuoted(out, field.key);
    out.push_back(':');
    AppendValue(out, field, /*always_quote=*/true);
  };
  for (const Field& field : line.fields) append(field);
  if (line.suppressed > 0) append({"suppressed", line.suppressed});
  out.push_back('}');
  return out;
}

std::string FormatText(const Line& line) {
  std::string out = TimeText(line.time);
  out.append(" ").append(NamesOf(line.level).text).append(" ");
  out.append(line.message);
  std::string_view separator = "  ";
  const auto append = [&](const Field& field) {
    out.append(separator).append(field.key).append("=");
    AppendValue(out, field, /*always_quote=*/false);
    separator = " ";
  };
  for (const Field& field : line.fields) append(field);
  if (line.suppressed > 0) append({"suppressed", line.suppressed});
  return out;
}

}  // namespace segrid::logging
