#include "core/transform/custom_args.h"

#include <bit>
#include <functional>

#include "core/catalog/catalog.h"
#include "core/codec/key_table.h"
#include "core/codec/short_text.h"

namespace segrid::transform {

using codec::CustomArg;
using codec::Event;
using codec::Value;

namespace {

// The lengths of the names that the table owns: tells most names apart at once.
constexpr std::uint64_t kOwnedSizes = [] {
  std::uint64_t sizes = 0;
  for (const catalog::PropertyRow& row : catalog::kProperties) {
    sizes |= std::uint64_t{1} << row.name.size();
  }
  return sizes;
}();

bool IsOwned(std::string_view name) {
  return name.size() < 64 && (kOwnedSizes >> name.size() & 1) != 0 &&
         catalog::IsOwnedProperty(name);
}

// Below this many, comparing each with each is faster than hashing.
constexpr std::size_t kFewArgs = 8;

}  // namespace

Value FindCustomArg(std::string_view name, Event& event, FieldCounts& counts) {
  for (auto arg = event.custom_args.rbegin(); arg != event.custom_args.rend();
       ++arg) {
    if (!codec::SameText(arg->key.text(), name)) continue;
    ToText(arg->value, counts);
    return arg->value;
  }
  return Value();
}

Value FindFirstCustomArg(std::span<const std::string> names, Event& event,
                         FieldCounts& counts) {
  for (const std::string& name : names) {
    const Value value = FindCustomArg(name, event, counts);
    if (!value.missing()) return value;
  }
  return Value();
}

void CustomArgCollector::Collect(const CustomArgSelection& selection,
                                 Event& event, FieldCounts& counts,
                                 std::vector<codec::Extra>& extras) {
  if (selection.empty() || event.custom_args.empty()) return;
  MarkLast(event.custom_args);
  for (std::size_t i = 0; i < event.custom_args.size(); ++i) {
    CustomArg& arg = event.custom_args[i];
    const std::string_view name = arg.key.text();
    if (is_last_[i] == 0 || !selection.Selects(name) || IsOwned(name)) continue;
    if (codec::kKeyTable.Find(name) != catalog::kNoField) {
      ++counts.dropped;
      continue;
    }
    ToText(arg.value, counts);
    if (arg.value.missing()) continue;
    extras.push_back({arg.key, arg.value, catalog::kNoField});
  }
}

void CustomArgCollector::MarkLast(const std::vector<CustomArg>& args) {
  is_last_.assign(args.size(), 1);
  if (args.size() <= kFewArgs) {
    for (std::size_t i = 0; i < args.size(); ++i) {
      for (std::size_t j = i + 1; j < args.size(); ++j) {
        if (args[i].key.text() == args[j].key.text()) is_last_[i] = 0;
      }
    }
    return;
  }
  const std::size_t mask = std::bit_ceil(args.size() * 2) - 1;
  slots_.assign(mask + 1, 0);
  for (std::size_t i = args.size(); i-- > 0;) {
    const std::string_view key = args[i].key.text();
    std::size_t slot = std::hash<std::string_view>()(key) & mask;
    while (slots_[slot] != 0 && args[slots_[slot] - 1].key.text() != key) {
      slot = (slot + 1) & mask;
    }
    if (slots_[slot] != 0) {
      is_last_[i] = 0;
    } else {
      slots_[slot] = static_cast<std::uint32_t>(i + 1);
    }
  }
}

}  // namespace segrid::transform
