#include "core/config/changes.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "core/config/key_values.h"
#include "core/config/schema.h"
#include "core/config/text.h"

namespace segrid::config {
namespace {

constexpr std::array<std::string_view, 4> kProtected = {"grpc.", "http.",
                                                        "admin.", "webhooks["};

std::vector<KeyValue> ValuesOf(const Config& config) {
  // The schema visits options that it may change.
  Config copy = config;
  std::vector<KeyValue> values;
  KeyValues fields(values, "");
  Rows(fields, copy);
  return values;
}

std::string_view LastPart(std::string_view key) {
  return key.substr(key.rfind('.') + 1);
}

// True for a key that protects a listener or a webhook.
bool IsProtected(std::string_view key) {
  return std::any_of(
      kProtected.begin(), kProtected.end(),
      [key](std::string_view prefix) { return key.starts_with(prefix); });
}

// A text, list or secret that is no more, a permission that is given, or a
// signature that counts for longer (0: for ever).
bool Weakens(std::string_view key, const KeyValue& before,
             const KeyValue& now) {
  if (LastPart(key).starts_with("allow_")) return now.value == "true";
  if (!IsProtected(key)) return false;
  if (now.value.empty() && !before.value.empty()) return true;
  if (LastPart(key) != "replay_window") return false;
  return now.value == "0" ||
         (before.value != "0" && (now.value.size() > before.value.size() ||
                                  (now.value.size() == before.value.size() &&
                                   now.value > before.value)));
}

// `webhooks[a]` of `webhooks[a].name`; "" for a key of no element.
std::string_view ElementOf(std::string_view key) {
  constexpr std::string_view kEnd = "].name";
  return key.ends_with(kEnd) ? key.substr(0, key.size() - kEnd.size() + 1) : "";
}

bool IsIn(std::string_view key, std::string_view element) {
  return !element.empty() && key.starts_with(element) &&
         key.substr(element.size()).starts_with('.');
}

}  // namespace

std::vector<Change> ChangesBetween(const Config& before, const Config& now) {
  const std::vector<KeyValue> from = ValuesOf(before);
  const std::vector<KeyValue> to = ValuesOf(now);
  std::map<std::string_view, const KeyValue*> old, left;
  for (const KeyValue& each : from) old[each.key] = &each;
  for (const KeyValue& each : to) left[each.key] = &each;
  std::vector<Change> changes;
  std::string_view element;  // One that came or went is told once.
  for (const KeyValue& each : to) {
    if (IsIn(each.key, element)) continue;
    const auto found = old.find(each.key);
    if (found == old.end()) {
      element = ElementOf(each.key);
      changes.push_back({std::string(element.empty() ? each.key : element),
                         "(none)", element.empty() ? each.shown : "added",
                         false});
    } else if (found->second->value != each.value) {
      changes.push_back({each.key, found->second->shown, each.shown,
                         Weakens(each.key, *found->second, each)});
    }
  }
  element = "";
  for (const KeyValue& each : from) {
    if (left.contains(each.key) || IsIn(each.key, element)) continue;
    element = ElementOf(each.key);
    changes.push_back({std::string(element.empty() ? each.key : element),
                       element.empty() ? each.shown : "there", "(none)",
                       false});
  }
  return changes;
}

std::string KeysOf(const std::vector<Change>& changes) {
  std::string keys;
  for (const Change& change : changes) {
    keys += Concat({keys.empty() ? "" : ", ", change.key});
  }
  return keys;
}

bool DeliversOtherwise(const Source& before, const Source& now) {
  const auto values = [](Source source) {
    std::vector<KeyValue> out;
    KeyValues fields(out, "");
    DeliveryRows(fields, source);
    std::string all;
    for (const KeyValue& each : out) {
      all += Concat({each.key, "=", each.value, "\n"});
    }
    return all;
  };
  return LaneOf(before) != LaneOf(now) || values(before) != values(now);
}

}  // namespace segrid::config
