#include "core/config/reader.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "core/config/interpolate.h"
#include "core/config/nearest.h"
#include "core/config/quantity.h"
#include "core/config/text.h"
#include "core/config/write_key.h"

namespace segrid::config {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;

std::string_view NameOf(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      return "a section with keys";
    default:
      return "a single value";
  }
}

bool HasControlCharacter(std::string_view text, bool many_lines) {
  return std::any_of(text.begin(), text.end(), [many_lines](char c) {
    if (many_lines && (c == '\n' || c == '\r' || c == '\t')) return false;
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

std::string OutOfRange(std::string_view shown, std::string_view min,
                       std::string_view max) {
  return Concat({shown, " is out of range; must be ", min, " to ", max});
}

// The shortest text without an exponent for the bounds in this schema.
std::string Plain(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

Reader::Reader(Reading& reading, const Node& map, std::string path)
    : reading_(reading), map_(map), path_(std::move(path)) {
  reading_.places.emplace(path_, map.position);
}

std::string Reader::PathOf(Key key) const {
  return Concat({path_, path_.empty() || key.empty() ? "" : ".", key});
}

void Reader::Fail(const Value& value, std::string_view message) {
  reading_.problems.Add(value.node.position, value.path, message);
}

std::optional<Reader::Value> Reader::Find(Key key) {
  known_.push_back(key);
  const auto entry =
      std::find_if(map_.entries.begin(), map_.entries.end(),
                   [key](const Entry& each) { return each.key == key; });
  if (entry == map_.entries.end()) return std::nullopt;
  Value value{entry->value, PathOf(key)};
  reading_.places.emplace(value.path, value.node.position);
  // A broken value was reported under its path already.
  if (value.node.kind == Node::Kind::kBroken) return std::nullopt;
  return value;
}

std::optional<Reader::Scalar> Reader::ScalarOf(const Value& value,
                                               std::string_view wanted) {
  const Node& node = value.node;
  if (node.kind == Node::Kind::kBroken) return std::nullopt;
  if (node.kind == Node::Kind::kNull) {
    Fail(value, Concat({"has no value; give ", wanted, " or remove the key"}));
    return std::nullopt;
  }
  if (node.kind != Node::Kind::kScalar) {
    Fail(value, Concat({"is ", NameOf(node.kind), "; must be ", wanted}));
    return std::nullopt;
  }
  absl::StatusOr<std::string> text =
      Interpolate(node.text, reading_.environment);
  if (!text.ok()) {
    Fail(value, std::string(text.status().message()));
    return std::nullopt;
  }
  return Scalar{.text = *std::move(text),
                .shown = ShownValue(node.text),
                .plain = !node.quoted || HasInterpolation(node.text)};
}

std::optional<std::string> Reader::TextOf(const Value& value, TextRules rules) {
  std::optional<Scalar> scalar = ScalarOf(value, "a text");
  if (!scalar.has_value()) return std::nullopt;
  std::string problem;
  if (scalar->text.empty()) {
    if (rules.may_be_empty) return std::move(scalar->text);
    Fail(value, "is empty; give a value or remove the key");
    return std::nullopt;
  }
  if (scalar->text.size() > kMaxTextBytes) {
    problem = "is too long; at most 4096 bytes";
  } else if (HasControlCharacter(scalar->text, rules.many_lines)) {
    problem = "holds a control character; remove it";
  } else if (rules.check != nullptr) {
    problem = rules.check(scalar->text);
  }
  if (problem.empty()) return std::move(scalar->text);
  Fail(value, rules.show ? Concat({scalar->shown, " ", problem}) : problem);
  return std::nullopt;
}

void Reader::ReadList(const Value& value, std::vector<std::string>& values,
                      ListRules rules) {
  const Node& node = value.node;
  if (rules.may_be_one && node.kind == Node::Kind::kScalar) {
    std::optional<std::string> text = TextOf(value, {.check = rules.check});
    if (text.has_value()) values = {*std::move(text)};
    return;
  }
  if (node.kind != Node::Kind::kList) {
    Fail(value, Concat({node.kind == Node::Kind::kNull
                            ? "has no value"
                            : Concat({"is ", NameOf(node.kind)}),
                        "; must be a list: [a, b]"}));
    return;
  }
  const std::size_t count = node.items.size();
  if (count < rules.min_count || count > rules.max_count) {
    Fail(value, Concat({"has ", std::to_string(count), " elements; must have ",
                        std::to_string(rules.min_count), " to ",
                        std::to_string(rules.max_count)}));
    return;
  }
  std::vector<std::string> read;
  for (std::size_t i = 0; i < count; ++i) {
    const Value item{node.items[i],
                     Concat({value.path, "[", std::to_string(i), "]"})};
    reading_.places.emplace(item.path, item.node.position);
    std::optional<std::string> text =
        TextOf(item, {.check = rules.check,
                      .show = rules.show,
                      .many_lines = rules.many_lines});
    if (!text.has_value()) {
      // Keeps the others at their index, by which checks name them.
      read.emplace_back();
      continue;
    }
    if (std::find(read.begin(), read.end(), *text) != read.end()) {
      Fail(item, "is in the list twice; keep one");
    }
    read.push_back(*std::move(text));
  }
  values = std::move(read);
}

std::vector<std::pair<std::string, Reader::Value>> Reader::ReadNames(
    const Value& value, TextCheck names) {
  std::vector<std::pair<std::string, Value>> found;
  for (const Entry& entry : value.node.entries) {
    const Value below{entry.value,
                      Concat({value.path, ".", ShownKey(entry.key)})};
    reading_.places.emplace(below.path, below.node.position);
    const std::string problem =
        names == nullptr ? std::string() : names(entry.key);
    if (problem.empty()) {
      found.emplace_back(entry.key, below);
    } else {
      reading_.problems.Add(entry.position, below.path,
                            Concat({ShownValue(entry.key), " ", problem}));
    }
  }
  return found;
}

bool Reader::TakeWord(const Value& value, const Scalar& scalar, Words words) {
  if (std::find(words.begin(), words.end(), scalar.text) == words.end()) {
    Fail(value, Concat({scalar.shown,
                        " is not known; must be one of: ", List(words)}));
    return false;
  }
  return true;
}

void Reader::Check(bool ok, Key key, std::string_view message) {
  if (ok) return;
  const std::string path = PathOf(key);
  const auto place = reading_.places.find(path);
  const auto section = reading_.places.find(path_);
  reading_.problems.Add(
      place != reading_.places.end() ? place->second : section->second, path,
      message);
}

void Reader::Require(bool needed, Key key, std::string_view message) {
  if (needed && !Has(key)) Check(false, key, message);
}

bool Reader::Has(Key key) const {
  return reading_.places.find(PathOf(key)) != reading_.places.end();
}

bool Reader::IsGood(Key key) const {
  return !reading_.problems.Has(PathOf(key));
}

int Reader::LineOf(Key key) const {
  const auto place = reading_.places.find(PathOf(key));
  return place != reading_.places.end() ? place->second.line : 0;
}

void Reader::RefuseOtherKeys() {
  for (const Entry& entry : map_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) {
      continue;
    }
    const std::string path = PathOf(ShownKey(entry.key));
    reading_.problems.Add(
        entry.position, path,
        Concat({"unknown key; ", Suggest(entry.key, known_)}));
  }
}

std::optional<Reader::Scalar> Reader::PlainOf(Key key,
                                              std::string_view wanted) {
  const std::optional<Value> value = Find(key);
  if (!value.has_value()) return std::nullopt;
  std::optional<Scalar> scalar = ScalarOf(*value, wanted);
  if (scalar.has_value() && !scalar->plain) {
    Fail(*value, Concat({"is a text; must be ", wanted, " without quotes"}));
    return std::nullopt;
  }
  return scalar;
}

void Reader::Text(Key key, std::string& value, TextRules rules) {
  const std::optional<Value> found = Find(key);
  if (!found.has_value()) return;
  std::optional<std::string> text = TextOf(*found, rules);
  if (text.has_value()) value = *std::move(text);
}

void Reader::Secret(Key key, base::Secret& value, SecretCheck check) {
  const std::optional<Value> found = Find(key);
  if (!found.has_value()) return;
  std::optional<Scalar> scalar = ScalarOf(*found, "a text");
  if (!scalar.has_value()) return;
  const std::string_view problem = check(scalar->text);
  if (!problem.empty()) return Fail(*found, problem);
  value = base::Secret(std::move(scalar->text));
}

void Reader::Flag(Key key, bool& value) {
  const std::optional<Scalar> scalar = PlainOf(key, "true or false");
  if (!scalar.has_value()) return;
  if (scalar->text != "true" && scalar->text != "false") {
    return Check(false, key,
                 Concat({scalar->shown, " is neither true nor false"}));
  }
  value = scalar->text == "true";
}

void Reader::Integer(Key key, std::int32_t& value, Range<std::int32_t> range) {
  const std::optional<Scalar> scalar = PlainOf(key, "an integer");
  if (!scalar.has_value()) return;
  const std::string min = std::to_string(range.min);
  const std::string max = std::to_string(range.max);
  if (scalar->text.find_first_not_of("+-0123456789") != std::string::npos) {
    return Check(
        false, key,
        Concat({scalar->shown, " is no integer; must be ", min, " to ", max}));
  }
  std::int32_t read = 0;
  const bool fits = absl::SimpleAtoi(scalar->text, &read) &&
                    read >= range.min && read <= range.max;
  Check(fits, key, OutOfRange(scalar->shown, min, max));
  if (fits) value = read;
}

void Reader::Number(Key key, double& value, Range<double> range) {
  const std::optional<Scalar> scalar = PlainOf(key, "a number");
  if (!scalar.has_value()) return;
  double read = std::numeric_limits<double>::quiet_NaN();
  // Without the words and hexadecimal digits that SimpleAtod takes, too.
  if (scalar->text.find_first_not_of("+-.0123456789eE") != std::string::npos ||
      !absl::SimpleAtod(scalar->text, &read)) {
    return Check(false, key,
                 Concat({scalar->shown, " is no number; must be ",
                         Plain(range.min), " to ", Plain(range.max)}));
  }
  const bool fits = read >= range.min && read <= range.max;
  Check(fits, key,
        OutOfRange(scalar->shown, Plain(range.min), Plain(range.max)));
  if (fits) value = read;
}

void Reader::Bytes(Key key, std::int64_t& value, Range<std::int64_t> range) {
  const std::optional<Value> found = Find(key);
  if (!found.has_value()) return;
  const std::optional<Scalar> scalar = ScalarOf(*found, "a size");
  if (!scalar.has_value()) return;
  std::int64_t read = 0;
  const bool is_plain =
      key.ends_with("_bytes") && absl::SimpleAtoi(scalar->text, &read);
  if (!is_plain) {
    const absl::StatusOr<std::int64_t> size = ParseSize(scalar->text);
    if (!size.ok()) {
      return Fail(*found, Concat({scalar->shown, " ",
                                  std::string(size.status().message())}));
    }
    read = *size;
  }
  if (read < range.min || read > range.max) {
    return Fail(*found, OutOfRange(scalar->shown, SizeText(range.min),
                                   SizeText(range.max)));
  }
  value = read;
}

void Reader::Duration(Key key, absl::Duration& value,
                      Range<absl::Duration> range) {
  const std::optional<Value> found = Find(key);
  if (!found.has_value()) return;
  const std::optional<Scalar> scalar = ScalarOf(*found, "a duration");
  if (!scalar.has_value()) return;
  const absl::StatusOr<absl::Duration> read = ParseDuration(scalar->text);
  if (!read.ok()) {
    return Fail(*found, Concat({scalar->shown, " ",
                                std::string(read.status().message())}));
  }
  if (*read < range.min || *read > range.max) {
    return Fail(*found, OutOfRange(scalar->shown, DurationText(range.min),
                                   DurationText(range.max)));
  }
  value = *read;
}

void Reader::Word(Key key, std::string& value, Words words) {
  const std::optional<Value> found = Find(key);
  if (!found.has_value()) return;
  std::optional<Scalar> scalar =
      ScalarOf(*found, Concat({"one of: ", List(words)}));
  if (!scalar.has_value() || !TakeWord(*found, *scalar, words)) return;
  value = std::move(scalar->text);
}

void Reader::Texts(Key key, std::vector<std::string>& values, ListRules rules) {
  const std::optional<Value> found = Find(key);
  if (found.has_value()) ReadList(*found, values, rules);
}

void Reader::WordListOrMap(Key key, config::WordListOrMap& value, Words words,
                           ListRules rules, TextCheck texts_of_map) {
  const std::optional<Value> found = Find(key);
  if (!found.has_value()) return;
  const std::string wanted =
      Concat({List(words), ", a list: [a, b], or a map: {a: b}"});
  if (found->node.kind == Node::Kind::kList) {
    value = {};
    return ReadList(*found, value.list, rules);
  }
  if (found->node.kind == Node::Kind::kMap) {
    value = {};
    for (const auto& [name, below] : ReadNames(*found, rules.check)) {
      const std::optional<std::string> text =
          TextOf(below, {.check = texts_of_map});
      if (text.has_value()) value.map[name] = *text;
    }
    return;
  }
  const std::optional<Scalar> scalar = ScalarOf(*found, wanted);
  if (!scalar.has_value()) return;
  if (std::find(words.begin(), words.end(), scalar->text) == words.end()) {
    return Fail(*found,
                Concat({scalar->shown, " is not known; must be ", wanted}));
  }
  value = {.word = scalar->text, .list = {}, .map = {}};
}

void Reader::TextsByName(Key key,
                         std::map<std::string, std::vector<std::string>>& lists,
                         TextCheck names, ListRules rules) {
  const std::optional<Value> found = Find(key);
  if (!found.has_value()) return;
  if (found->node.kind != Node::Kind::kMap) {
    return Fail(*found, "must be a map of lists: {name: [a, b]}");
  }
  lists.clear();
  for (const auto& [name, below] : ReadNames(*found, names)) {
    ReadList(below, lists[name], rules);
  }
}

void Reader::ReadSection(const Value& value,
                         const std::function<void(Fields&)>& rows) {
  if (value.node.kind == Node::Kind::kBroken) return;
  if (value.node.kind != Node::Kind::kMap &&
      value.node.kind != Node::Kind::kNull) {
    return Fail(value, "must be a section with keys (key: value)");
  }
  Reader reader(reading_, value.node, value.path);
  rows(reader);
  reader.RefuseOtherKeys();
}

void Reader::VisitSection(Key key, const std::function<void(Fields&)>& rows) {
  const std::optional<Value> found = Find(key);
  if (found.has_value()) ReadSection(*found, rows);
}

void Reader::VisitSections(Key key, const SectionList& list) {
  const std::optional<Value> found = Find(key);
  if (!found.has_value()) return;
  const Node& node = found->node;
  if (list.may_be_one && node.kind == Node::Kind::kMap) {
    list.resize(1);
    return ReadSection(*found,
                       [&list](Fields& fields) { list.visit(0, fields); });
  }
  if (node.kind != Node::Kind::kList) {
    return Fail(*found, list.may_be_one
                            ? "must be a section with keys, or a list of such: "
                              "each element starts with '- '"
                            : "must be a list: each element starts with '- '");
  }
  if (node.items.size() > list.max_count) {
    return Fail(*found, Concat({"has ", std::to_string(node.items.size()),
                                " elements; at most ",
                                std::to_string(list.max_count)}));
  }
  list.resize(node.items.size());
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    ReadSection(
        {node.items[i], Concat({found->path, "[", std::to_string(i), "]"})},
        [&list, i](Fields& fields) { list.visit(i, fields); });
  }
}

}  // namespace segrid::config
