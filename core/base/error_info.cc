#include "core/base/error_info.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "core/base/absl_view.h"

namespace segrid::base {
namespace {

// The few wire types that the details need; the codecs of the hot path are in
// core/codec, which stands above this folder.
void AppendVarint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    out.push_back(static_cast<char>(value | 0x80));
  }
  out.push_back(static_cast<char>(value));
}

void AppendBytes(std::string& out, std::uint32_t number,
                 std::string_view bytes) {
  AppendVarint(out, number << 3 | 2);
  AppendVarint(out, bytes.size());
  out.append(bytes);
}

void AppendInteger(std::string& out, std::uint32_t number, std::int64_t value) {
  if (value == 0) return;
  AppendVarint(out, number << 3);
  AppendVarint(out, static_cast<std::uint64_t>(value));
}

// Reads what the functions above wrote. False at the end or on bad bytes.
struct FieldReader {
  std::string_view rest{};
  std::uint64_t number = 0;
  std::uint64_t integer = 0;
  std::string_view bytes{};

  bool ReadVarint(std::uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64 && !rest.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  bool Next() {
    std::uint64_t tag = 0;
    if (!ReadVarint(tag)) return false;
    number = tag >> 3;
    if ((tag & 7) == 0) return ReadVarint(integer);
    std::uint64_t size = 0;
    if ((tag & 7) != 2 || !ReadVarint(size) || size > rest.size()) return false;
    bytes = rest.substr(0, size);
    rest.remove_prefix(size);
    return true;
  }
};

std::string PayloadOf(const absl::Status& status, std::string_view url) {
  const auto payload = status.GetPayload(Absl(url));
  return payload.has_value() ? std::string(*payload) : std::string();
}

}  // namespace

absl::Status MakeError(absl::StatusCode code, std::string_view reason,
                       std::string_view message) {
  absl::Status status(code, Absl(message));
  std::string info;
  AppendBytes(info, 1, reason);
  AppendBytes(info, 2, kErrorDomain);
  status.SetPayload(Absl(kErrorInfoUrl), absl::Cord(info));
  return status;
}

absl::Status MakeFieldError(std::string_view reason, std::string_view field,
                            std::string_view message) {
  absl::Status status =
      MakeError(absl::StatusCode::kInvalidArgument, reason, message);
  SetFieldViolations(status, {{std::string(field), std::string(message)}});
  return status;
}

void SetFieldViolations(absl::Status& status,
                        const std::vector<FieldViolation>& violations) {
  std::string request;
  for (const FieldViolation& violation : violations) {
    std::string one;
    AppendBytes(one, 1, violation.field);
    AppendBytes(one, 2, violation.description);
    AppendBytes(request, 1, one);
  }
  status.SetPayload(Absl(kBadRequestUrl), absl::Cord(request));
}

void SetRetryDelay(absl::Status& status, absl::Duration delay) {
  const std::int64_t seconds = absl::ToInt64Seconds(delay);
  const std::int64_t nanos =
      absl::ToInt64Nanoseconds(delay - absl::Seconds(seconds));
  std::string duration;
  AppendInteger(duration, 1, seconds);
  AppendInteger(duration, 2, nanos);
  std::string info;
  AppendBytes(info, 1, duration);
  status.SetPayload(Absl(kRetryInfoUrl), absl::Cord(info));
}

std::string ReasonOf(const absl::Status& status) {
  const std::string info = PayloadOf(status, kErrorInfoUrl);
  for (FieldReader reader{.rest = info}; reader.Next();) {
    if (reader.number == 1) return std::string(reader.bytes);
  }
  return "";
}

std::optional<absl::Duration> RetryDelayOf(const absl::Status& status) {
  const std::string info = PayloadOf(status, kRetryInfoUrl);
  FieldReader outer{.rest = info};
  if (!outer.Next() || outer.number != 1) return std::nullopt;
  absl::Duration delay;
  for (FieldReader reader{.rest = outer.bytes}; reader.Next();) {
    const auto value = static_cast<std::int64_t>(reader.integer);
    if (reader.number == 1) delay += absl::Seconds(value);
    if (reader.number == 2) delay += absl::Nanoseconds(value);
  }
  return delay;
}

}  // namespace segrid::base
