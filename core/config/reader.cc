#include "core/config/reader.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/config/interpolate.h"
#include "core/config/nearest.h"
#include "core/config/not_yet.h"
#include "core/config/text.h"

namespace segrid::config {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;

// `sources[].region` of `sources[0].region`.
std::string WithoutIndexes(std::string_view path) {
  std::string out;
  bool inside = false;
  for (const char c : path) {
    if (c == ']') inside = false;
    if (!inside) out.push_back(c);
    if (c == '[') inside = true;
  }
  return out;
}

bool IsNotYet(std::string_view path, std::string_view value) {
  const std::string pattern = WithoutIndexes(path);
  return std::any_of(kNotYet.begin(), kNotYet.end(), [&](const auto& row) {
    return row.path == pattern && row.value == value;
  });
}

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
  if (IsNotYet(value.path, scalar.text)) {
    std::vector<std::string_view> ready;
    std::copy_if(words.begin(), words.end(), std::back_inserter(ready),
                 [&](auto word) { return !IsNotYet(value.path, word); });
    Fail(value, Concat({"not yet: this version has no ", scalar.shown,
                        "; must be one of: ", List(ready)}));
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
  std::vector<std::string_view> names = known_;
  const std::string prefix = WithoutIndexes(PathOf(""));
  for (const NotYetRow& row : kNotYet) {
    const std::size_t dot = row.path.rfind('.');
    const bool at_root = dot == std::string_view::npos;
    if (!row.value.empty()) continue;
    if (at_root ? !prefix.empty() : row.path.substr(0, dot) != prefix) continue;
    names.push_back(at_root ? row.path : row.path.substr(dot + 1));
  }
  for (const Entry& entry : map_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) {
      continue;
    }
    const std::string path = PathOf(ShownKey(entry.key));
    reading_.problems.Add(
        entry.position, path,
        IsNotYet(PathOf(entry.key), "")
            ? "not yet: this version does not support this key; remove it"
            : Concat({"unknown key; ", Suggest(entry.key, names)}));
  }
}

}  // namespace segrid::config
