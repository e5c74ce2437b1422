#include "tests/testing/event_dump.h"

#include <charconv>
#include <cstdlib>
#include <map>
#include <vector>

#include "core/catalog/catalog.h"
#include "core/codec/json_text.h"
#include "tests/testing/dump_lines.h"

namespace segrid::testing {
namespace {

using codec::Event;
using codec::Kind;
using codec::Value;

// As simdjson classifies numbers.
std::string DumpNumber(std::string_view text) {
  const char* const end = text.data() + text.size();
  std::int64_t as_signed = 0;
  std::uint64_t as_unsigned = 0;
  if (const auto read = std::from_chars(text.data(), end, as_signed);
      read.ec == std::errc() && read.ptr == end) {
    return DumpInteger(as_signed);
  }
  if (const auto read = std::from_chars(text.data(), end, as_unsigned);
      read.ec == std::errc() && read.ptr == end) {
    return DumpInteger(as_unsigned);
  }
  return DumpDouble(std::strtod(std::string(text).c_str(), nullptr));
}

// Unescapes into exactly the room that the contract asks for.
std::string Unescaped(std::string_view inside) {
  std::vector<char> room(inside.size());
  char* const end = codec::Unescape(inside, room.data());
  return std::string(room.data(), static_cast<std::size_t>(end - room.data()));
}

std::string DumpScalar(const Value& value) {
  switch (value.kind) {
    case Kind::kMissing:
      return "";
    case Kind::kText:
    case Kind::kCleanText:
      return DumpText(value.text());
    case Kind::kEscapedText:
      return DumpText(Unescaped(value.text()));
    case Kind::kNumber:
      return DumpNumber(value.text());
    case Kind::kTrue:
    case Kind::kFalse:
      return DumpBool(value.kind == Kind::kTrue);
    case Kind::kInteger:
      return DumpInteger(value.integer);
    case Kind::kObject:
      return "object";
    default:
      return "composite";
  }
}

std::string DumpValue(const Value& value, const Event& event) {
  if (value.kind != Kind::kList) return DumpScalar(value);
  std::vector<std::string> items;
  for (std::uint32_t i = 0; i < value.size; ++i) {
    items.push_back(DumpScalar(event.items.at(value.first + i)));
  }
  return DumpItems(items);
}

}  // namespace

std::string DumpEvent(const Event& event, Args args) {
  DumpLines lines;
  for (std::size_t i = 0; i < catalog::kFieldCount; ++i) {
    const catalog::FieldId id = FieldAt(i);
    const catalog::FieldId object = ObjectOf(id);
    const bool stale =
        object != catalog::kNoField && event.Get(object).kind != Kind::kObject;
    if (!stale) lines.Row(id, DumpValue(event.Get(id), event));
  }
  std::map<std::string, std::string> folded;
  for (const codec::CustomArg& arg : event.custom_args) {
    if (args == Args::kListed) {
      lines.Argument(arg.key.text(), DumpScalar(arg.value));
    } else {
      folded[std::string(arg.key.text())] = DumpScalar(arg.value);
    }
  }
  lines.Arguments(folded);
  return lines.Take();
}

}  // namespace segrid::testing
