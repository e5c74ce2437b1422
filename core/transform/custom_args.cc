#include "core/transform/custom_args.h"

#include <algorithm>
#include <bit>
#include <numeric>

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

// Names that were chosen to collide cost no more probes than this; ordinary
// ones need about one.
constexpr std::size_t kProbesPerArg = 8;

// Quick and easily fooled: see kProbesPerArg.
std::uint64_t Hash(std::string_view name) {
  constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;
  std::uint64_t hash = name.size();
  const auto add = [&hash](std::uint64_t word) {
    hash = (std::rotl(hash, 29) ^ word) * kMultiplier;
  };
  for (; name.size() >= 8; name.remove_prefix(8)) {
    add(codec::LoadWord<std::uint64_t>(name.data()));
  }
  std::uint64_t rest = 0;
  for (const char c : name) rest = rest << 8 | static_cast<unsigned char>(c);
  add(rest);
  return hash >> 32;
}

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
    ToText(arg.value, counts);
    if (arg.value.missing()) continue;
    if (event.from_wire && codec::kKeyTable.Find(name) != catalog::kNoField) {
      // Missing from now on, so that the next source does not count it again.
      arg.value = Value();
      ++counts.dropped;
      continue;
    }
    extras.push_back({arg.key, arg.value, catalog::kNoField});
  }
}

void CustomArgCollector::MarkLast(const std::vector<CustomArg>& args) {
  is_last_.assign(args.size(), 1);
  if (!MarkLastByHash(args)) MarkLastByOrder(args);
}

bool CustomArgCollector::MarkLastByHash(const std::vector<CustomArg>& args) {
  if (args.size() <= kFewArgs) {
    for (std::size_t i = 0; i < args.size(); ++i) {
      for (std::size_t j = i + 1; j < args.size(); ++j) {
        if (args[i].key.text() == args[j].key.text()) is_last_[i] = 0;
      }
    }
    return true;
  }
  const std::size_t mask = std::bit_ceil(args.size() * 2) - 1;
  slots_.assign(mask + 1, 0);
  std::size_t probes_left = kProbesPerArg * args.size();
  for (std::size_t i = args.size(); i-- > 0;) {
    const std::string_view key = args[i].key.text();
    std::size_t slot = Hash(key) & mask;
    while (slots_[slot] != 0 && args[slots_[slot] - 1].key.text() != key) {
      if (probes_left-- == 0) return false;
      slot = (slot + 1) & mask;
    }
    if (slots_[slot] != 0) {
      is_last_[i] = 0;
    } else {
      slots_[slot] = static_cast<std::uint32_t>(i + 1);
    }
  }
  return true;
}

void CustomArgCollector::MarkLastByOrder(const std::vector<CustomArg>& args) {
  is_last_.assign(args.size(), 1);
  slots_.resize(args.size());
  std::iota(slots_.begin(), slots_.end(), std::uint32_t{0});
  std::sort(slots_.begin(), slots_.end(),
            [&args](std::uint32_t a, std::uint32_t b) {
              const int order = args[a].key.text().compare(args[b].key.text());
              return order != 0 ? order < 0 : a < b;
            });
  for (std::size_t i = 1; i < slots_.size(); ++i) {
    if (args[slots_[i - 1]].key.text() == args[slots_[i]].key.text()) {
      is_last_[slots_[i - 1]] = 0;
    }
  }
}

}  // namespace segrid::transform
