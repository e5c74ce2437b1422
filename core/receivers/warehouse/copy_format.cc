#include "core/receivers/warehouse/copy_format.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace segrid::receivers::warehouse {
namespace {

using namespace std::string_view_literals;  // NOLINT: for the NULs inside.

// The signature, no flags, no extension.
constexpr std::string_view kHeader = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv;
constexpr std::string_view kEnd = "\377\377"sv;

// PostgreSQL counts from 2000-01-01.
constexpr std::int64_t kEpochMicroseconds = 946'684'800'000'000;

template <typename Integer>
void AppendBigEndian(Integer value, std::string& out) {
  static_assert(std::endian::native == std::endian::little);
  if constexpr (sizeof(Integer) == 2) {
    value = static_cast<Integer>(
        __builtin_bswap16(static_cast<std::uint16_t>(value)));
  } else if constexpr (sizeof(Integer) == 4) {
    value = static_cast<Integer>(
        __builtin_bswap32(static_cast<std::uint32_t>(value)));
  } else {
    value = static_cast<Integer>(
        __builtin_bswap64(static_cast<std::uint64_t>(value)));
  }
  char bytes[sizeof(Integer)];
  std::memcpy(bytes, &value, sizeof(Integer));
  out.append(bytes, sizeof(Integer));
}

void AppendValue(const Value& value, std::string& out) {
  switch (value.kind) {
    case Value::Kind::kNull:
      return AppendBigEndian(std::int32_t{-1}, out);
    case Value::Kind::kText:
      AppendBigEndian(static_cast<std::int32_t>(value.text.size()), out);
      out.append(value.text);
      return;
    case Value::Kind::kBoolean:
      AppendBigEndian(std::int32_t{1}, out);
      out += value.number != 0 ? '\1' : '\0';
      return;
    case Value::Kind::kInteger:
      AppendBigEndian(std::int32_t{8}, out);
      return AppendBigEndian(value.number, out);
    case Value::Kind::kTime:
      AppendBigEndian(std::int32_t{8}, out);
      return AppendBigEndian(value.number - kEpochMicroseconds, out);
  }
}

}  // namespace

void WriteCopy(std::span<const TableRows> tables, std::size_t columns,
               std::string& out) {
  out.assign(kHeader);
  for (const TableRows& table : tables) {
    for (const Row& row : table.rows) {
      AppendBigEndian(static_cast<std::int16_t>(columns), out);
      const std::size_t filled = std::min(columns, row.values.size());
      for (std::size_t i = 0; i < filled; ++i) AppendValue(row.values[i], out);
      for (std::size_t i = filled; i < columns; ++i) AppendValue({}, out);
    }
  }
  out.append(kEnd);
}

}  // namespace segrid::receivers::warehouse
