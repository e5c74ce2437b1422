#include "core/config/key_values.h"

#include <cstddef>
#include <utility>

#include "core/config/quantity.h"
#include "core/config/text.h"

namespace segrid::config {
namespace {

constexpr std::string_view kNothing = "(none)";

std::string Masked(std::string_view value) {
  return std::string(value.empty() ? kNothing : "***");
}

// Each element by its length first, so that no two lists give one text.
std::string Joined(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) {
    out += Concat({std::to_string(value.size()), ":", value, ";"});
  }
  return out;
}

std::string ShownList(const std::vector<std::string>& values, bool show) {
  if (values.empty()) return std::string(kNothing);
  if (!show) return Concat({std::to_string(values.size()), " x ***"});
  std::string out = "[";
  for (const std::string& value : values) {
    out += Concat({out.size() > 1 ? ", " : "", value});
  }
  return out + "]";
}

}  // namespace

std::string KeyValues::PathOf(Key key) const {
  return Concat({path_, path_.empty() ? "" : ".", key});
}

void KeyValues::Add(Key key, std::string value, std::string shown) {
  out_.push_back({PathOf(key), std::move(value), std::move(shown)});
}

void KeyValues::Text(Key key, std::string& value, TextRules rules) {
  Add(key, value,
      rules.show && !value.empty() ? ShownValue(value) : Masked(value));
}

void KeyValues::Secret(Key key, base::Secret& value, SecretCheck) {
  Add(key, value.Reveal(), Masked(value.Reveal()));
}

void KeyValues::Flag(Key key, bool& value) {
  const std::string text = value ? "true" : "false";
  Add(key, text, text);
}

void KeyValues::Integer(Key key, std::int32_t& value, Range<std::int32_t>) {
  Add(key, std::to_string(value), std::to_string(value));
}

void KeyValues::Number(Key key, double& value, Range<double>) {
  Add(key, std::to_string(value), std::to_string(value));
}

void KeyValues::Bytes(Key key, std::int64_t& value, Range<std::int64_t>) {
  Add(key, std::to_string(value), SizeText(value));
}

void KeyValues::Duration(Key key, absl::Duration& value,
                         Range<absl::Duration>) {
  Add(key, std::to_string(absl::ToInt64Nanoseconds(value)),
      DurationText(value));
}

void KeyValues::Word(Key key, std::string& value, Words) {
  Add(key, value, value.empty() ? std::string(kNothing) : value);
}

void KeyValues::Texts(Key key, std::vector<std::string>& values,
                      ListRules rules) {
  Add(key, Joined(values), ShownList(values, rules.show));
}

void KeyValues::WordListOrMap(Key key, config::WordListOrMap& value, Words,
                              ListRules rules, TextCheck) {
  std::vector<std::string> texts = value.list;
  for (const auto& [name, text] : value.map) {
    texts.push_back(Concat({name, ": ", text}));
  }
  Add(key, Concat({value.word, "|", Joined(texts)}),
      value.word.empty() ? ShownList(texts, rules.show) : value.word);
}

void KeyValues::TextsByName(
    Key key, std::map<std::string, std::vector<std::string>>& lists, TextCheck,
    ListRules rules) {
  std::vector<std::string> texts;
  for (const auto& [name, list] : lists) {
    texts.push_back(Concat({name, ": ", ShownList(list, rules.show)}));
  }
  std::string all;
  for (const auto& [name, list] : lists) {
    all += Concat({std::to_string(name.size()), ":", name, "=", Joined(list)});
  }
  Add(key, std::move(all), ShownList(texts, true));
}

void KeyValues::VisitSection(Key key,
                             const std::function<void(Fields&)>& rows) {
  KeyValues below(out_, PathOf(key));
  rows(below);
}

void KeyValues::VisitSections(Key key, const SectionList& list) {
  std::vector<std::vector<KeyValue>> elements(list.size);
  std::vector<std::string> names(list.size);
  bool have_names = true;
  for (std::size_t i = 0; i < list.size; ++i) {
    KeyValues element(elements[i], "");
    list.visit(i, element);
    for (const KeyValue& each : elements[i]) {
      if (each.key == "name") names[i] = each.value;
    }
    have_names = have_names && !names[i].empty();
  }
  std::string all;
  for (std::size_t i = 0; i < list.size; ++i) {
    for (KeyValue& each : elements[i]) {
      if (have_names) {
        out_.push_back({Concat({PathOf(key), "[", names[i], "].", each.key}),
                        std::move(each.value), std::move(each.shown)});
      } else {
        all +=
            Concat({std::to_string(i), ".", each.key, "=", each.value, "\n"});
      }
    }
  }
  if (have_names && list.size > 0) return;
  Add(key, all,
      list.size == 0 ? std::string(kNothing)
                     : Concat({std::to_string(list.size),
                               list.size == 1 ? " element" : " elements"}));
}

}  // namespace segrid::config
