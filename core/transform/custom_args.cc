#include "core/transform/custom_args.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>
#include <optional>

#include "core/catalog/catalog.h"
#include "core/codec/key_table.h"
#include "core/codec/short_text.h"
#include "core/transform/identity.h"

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

// The row that owns the name, or kPropertyCount.
std::size_t OwnerOf(std::string_view name) {
  const bool may_be = name.size() < 64 && (kOwnedSizes >> name.size() & 1) != 0;
  return may_be ? catalog::FindProperty(name) : catalog::kPropertyCount;
}

void LeaveOut(CustomArg& arg, FieldCounts& counts) {
  if (!arg.counted) ++counts.dropped;
  arg.counted = true;
}

// The argument as the integer that it says; counts as kept or as left out.
Value IntegerOf(CustomArg& arg, codec::TextArena& texts, FieldCounts& counts) {
  const bool is_number = arg.value.kind == codec::Kind::kNumber;
  const auto number = is_number || arg.value.is_text()
                          ? ParseInteger(PlainText(arg.value, texts))
                          : std::nullopt;
  if (!number.has_value()) {
    LeaveOut(arg, counts);
    return Value();
  }
  if (!is_number && !arg.counted) ++counts.coerced;
  arg.counted = true;
  return Value::OfInteger(*number);
}

// The argument as the type of a row of kProperties.
Value ValueFor(catalog::Type type, CustomArg& arg, Event& event,
               FieldCounts& counts) {
  if (type == catalog::Type::kInteger) {
    return IntegerOf(arg, event.texts, counts);
  }
  ToText(arg.value, counts);
  if (type == catalog::Type::kString || arg.value.missing()) return arg.value;
  Value list = arg.value;
  ToList(list, event, counts);
  return list;
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

Value FindUserId(const Options& options, Event& event, FieldCounts& counts) {
  if (options.user_id_from.empty()) return Value();
  const Value value = FindCustomArg(options.user_id_from, event, counts);
  if (value.missing()) return value;
  const Value plain = Plain(value, event.texts);
  const std::string_view trimmed = Trim(plain.text());
  if (trimmed.empty()) return Value();
  return trimmed.size() == plain.size ? value : Value(plain.kind, trimmed);
}

void CustomArgCollector::Collect(const CustomArgSelection& selection,
                                 Event& event, FieldCounts& counts,
                                 codec::Track& track) {
  track.given_name_bytes = 0;
  if (selection.empty() || event.custom_args.empty()) return;
  MarkLast(event.custom_args);
  for (std::size_t i = 0; i < event.custom_args.size(); ++i) {
    CustomArg& arg = event.custom_args[i];
    if (is_last_[i] == 0 || arg.value.missing()) continue;
    const std::string_view name = arg.key.text();
    const NamedArg* const named =
        selection.all ? nullptr : selection.Find(name);
    if (!selection.all && named == nullptr) continue;
    if (event.args_may_name_fields &&
        codec::kKeyTable.Find(name) != catalog::kNoField) {
      LeaveOut(arg, counts);
    } else if (named == nullptr) {
      PutAny(selection, arg, event, counts, track);
    } else {
      PutNamed(*named, arg, event, counts, track);
    }
  }
}

void CustomArgCollector::PutAny(const CustomArgSelection& selection,
                                CustomArg& arg, Event& event,
                                FieldCounts& counts, codec::Track& track) {
  Value name = arg.key;
  if (!selection.prefix.empty()) {
    const std::string_view prefix = selection.prefix;
    char* const start = event.texts.Reserve(prefix.size() + name.size);
    codec::CopyText(name.text(), codec::CopyText(prefix, start));
    name =
        Value(codec::Kind::kText, event.texts.Keep(prefix.size() + name.size));
  }
  const std::size_t row = OwnerOf(name.text());
  const bool is_taken =
      !selection.taken.empty() &&
      std::binary_search(selection.taken.begin(), selection.taken.end(),
                         name.text(), std::less<std::string_view>());
  if (is_taken || row != catalog::kPropertyCount) {
    // The subject may come from an argument of its own name.
    const bool is_used = !is_taken && arg.value.is_text() &&
                         track.properties[row].data == arg.value.data;
    if (!is_used) LeaveOut(arg, counts);
    return;
  }
  ToText(arg.value, counts);
  if (arg.value.missing()) return;
  track.given_name_bytes += selection.prefix.size();
  track.extras.push_back({name, arg.value, catalog::kNoField});
}

void CustomArgCollector::PutNamed(const NamedArg& named, CustomArg& arg,
                                  Event& event, FieldCounts& counts,
                                  codec::Track& track) {
  if (named.row == catalog::kPropertyCount) {
    ToText(arg.value, counts);
    if (arg.value.missing()) return;
    track.given_name_bytes += named.property.size();
    track.extras.push_back({Value(codec::Kind::kText, named.property),
                            arg.value, catalog::kNoField});
    return;
  }
  const catalog::PropertyRow& row = catalog::kProperties[named.row];
  Value& place = track.properties[named.row];
  if (!place.missing() || row.filling == catalog::Filling::kNever) {
    const bool is_used = arg.value.is_text() && place.data == arg.value.data;
    if (!is_used) LeaveOut(arg, counts);
    return;
  }
  place = ValueFor(row.type, arg, event, counts);
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
