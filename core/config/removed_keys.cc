#include "core/config/removed_keys.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/config/node.h"
#include "core/config/problems.h"
#include "core/config/text.h"
#include "core/config/yaml_tree.h"

namespace segrid::config {
namespace {

constexpr std::array<std::string_view, 4> kProtected = {"grpc", "http", "admin",
                                                        "webhooks"};

Node Parse(std::string_view text) {
  Problems unused("");
  return ParseYaml(text, unused).value_or(Node());
}

const Node* Find(const Node& map, std::string_view key) {
  for (const Entry& entry : map.entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

// The name of a list's element; "" for one without.
std::string NameOf(const Node& element) {
  const Node* const name = Find(element, "name");
  return name == nullptr ? "" : name->text;
}

bool IsEmpty(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kScalar:
      return node.text.empty();
    case Node::Kind::kList:
      return node.items.empty();
    case Node::Kind::kMap:
      return node.entries.empty();
    default:
      return true;
  }
}

// Compares two trees and collects the paths of what is gone.
class Comparison {
 public:
  // `path` is that of the two values.
  void Compare(const Node& before, const Node& now, const std::string& path) {
    // A section or key without a value says nothing, so nothing can be missing.
    if (before.kind == Node::Kind::kNull) return;
    if (!IsEmpty(before) && IsEmpty(now)) return AddAll(before, path);
    if (before.kind != now.kind) return CompareOneWithList(before, now, path);
    if (before.kind == Node::Kind::kMap) CompareMaps(before, now, path);
    if (before.kind == Node::Kind::kList) CompareLists(before, now, path);
  }

  std::vector<std::string> Take() { return std::move(removed_); }

 private:
  static std::string Below(const std::string& path, const Entry& entry) {
    return Concat({path, path.empty() ? "" : ".", ShownKey(entry.key)});
  }

  void Add(const std::string& path) {
    if (std::find(removed_.begin(), removed_.end(), path) == removed_.end()) {
      removed_.push_back(path);
    }
  }

  // All keys of `node`, which is gone.
  void AddAll(const Node& node, const std::string& path) {
    if (node.kind == Node::Kind::kNull) return;
    if (node.kind == Node::Kind::kMap && !node.entries.empty()) {
      for (const Entry& entry : node.entries) {
        AddAll(entry.value, Below(path, entry));
      }
      return;
    }
    const bool has_names =
        node.kind == Node::Kind::kList && !node.items.empty() &&
        std::none_of(node.items.begin(), node.items.end(),
                     [](const Node& item) { return NameOf(item).empty(); });
    if (!has_names) return Add(path);
    for (const Node& item : node.items) {
      AddAll(item, Concat({path, "[", NameOf(item), "]"}));
    }
  }

  void CompareMaps(const Node& before, const Node& now,
                   const std::string& path) {
    for (const Entry& entry : before.entries) {
      const Node* const other = Find(now, entry.key);
      if (other != nullptr) {
        Compare(entry.value, *other, Below(path, entry));
      } else if (entry.value.kind != Node::Kind::kNull) {
        AddAll(entry.value, Below(path, entry));
      }
    }
  }

  void CompareLists(const Node& before, const Node& now,
                    const std::string& path) {
    std::vector<const Node*> nameless;
    for (const Node& item : before.items) {
      if (item.kind != Node::Kind::kMap) continue;
      const std::string name = NameOf(item);
      if (name.empty()) {
        nameless.push_back(&item);
        continue;
      }
      for (const Node& other : now.items) {
        if (NameOf(other) != name) continue;
        Compare(item, other, Concat({path, "[", name, "]"}));
      }
    }
    if (nameless.empty()) return;
    Node common = *nameless.front();
    for (const Node* const item : nameless) KeepCommon(*item, common);
    for (const Node& other : now.items) {
      if (other.kind == Node::Kind::kMap) {
        Compare(common, other, Concat({path, "[]"}));
      }
    }
  }

  // A section may stand for a list of itself.
  void CompareOneWithList(const Node& before, const Node& now,
                          const std::string& path) {
    const auto as_list = [](const Node& node) {
      if (node.kind != Node::Kind::kMap) return node;
      Node list;
      list.kind = Node::Kind::kList;
      list.items = {node};
      return list;
    };
    const Node from = as_list(before);
    const Node to = as_list(now);
    if (from.kind == Node::Kind::kList && to.kind == Node::Kind::kList) {
      CompareLists(from, to, path);
    }
  }

  // Takes the keys out of `common` that hold nothing in `item`.
  static void KeepCommon(const Node& item, Node& common) {
    std::erase_if(common.entries, [&item](const Entry& entry) {
      const Node* const other = Find(item, entry.key);
      return other == nullptr || IsEmpty(*other);
    });
  }

  std::vector<std::string> removed_;
};

void AddMissing(const std::vector<std::string>& before,
                const std::vector<std::string>& now, std::string_view key,
                std::vector<std::string>& out) {
  for (const std::string& each : before) {
    if (std::find(now.begin(), now.end(), each) == now.end()) {
      out.push_back(Concat({key, "[", each, "]"}));
    }
  }
}

template <class T>
std::vector<std::string> NamesOf(const std::vector<T>& parts) {
  std::vector<std::string> names;
  for (const T& part : parts) names.push_back(part.name);
  return names;
}

// The names of sources of which nothing is delivered any more: not of those
// that another one `was`.
std::vector<std::string> MissingSources(const Config& before,
                                        const Config& now) {
  std::vector<std::string> missing;
  for (const Source& source : before.sources) {
    const bool stays = std::any_of(
        now.sources.begin(), now.sources.end(), [&source](const Source& other) {
          return other.name == source.name || LaneOf(other) == LaneOf(source);
        });
    if (!stays) missing.push_back(source.name);
  }
  return missing;
}

// `sources[a]` as `sources.a`.
std::string WithDots(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '[') out.push_back('.');
    if (c != '[' && c != ']') out.push_back(c);
  }
  return out;
}

}  // namespace

std::vector<std::string> RemovedKeys(std::string_view before,
                                     std::string_view now) {
  const Node from = Parse(before);
  const Node to = Parse(now);
  const Node nothing;
  Comparison comparison;
  for (const std::string_view key : kProtected) {
    const Node* const section = Find(from, key);
    const Node* const other = Find(to, key);
    if (section == nullptr) continue;
    comparison.Compare(*section, other == nullptr ? nothing : *other,
                       std::string(key));
  }
  return comparison.Take();
}

std::vector<std::string> RemovedParts(const Config& before, const Config& now) {
  std::vector<std::string> removed;
  AddMissing(before.grpc.listen, now.grpc.listen, "grpc.listen", removed);
  AddMissing(before.http.listen, now.http.listen, "http.listen", removed);
  AddMissing(before.admin.listen, now.admin.listen, "admin.listen", removed);
  AddMissing(NamesOf(before.webhooks), NamesOf(now.webhooks), "webhooks",
             removed);
  AddMissing(MissingSources(before, now), {}, "sources", removed);
  return removed;
}

bool CoversKey(std::string_view allowed, std::string_view part) {
  const std::string above = WithDots(allowed);
  const std::string below = WithDots(part);
  return !above.empty() && below.starts_with(above) &&
         (below.size() == above.size() || below[above.size()] == '.');
}

bool EndsInsideALineOf(std::string_view before, std::string_view now) {
  if (!before.ends_with('\n') || now.empty() || now.ends_with('\n')) {
    return false;
  }
  const std::size_t start = now.rfind('\n');
  const std::string_view last =
      start == std::string_view::npos ? now : now.substr(start + 1);
  // Blanks are no value that could be cut.
  if (last.find_first_not_of(" \t\r") == std::string_view::npos) return false;
  for (std::size_t at = 0; at < before.size();) {
    const std::size_t end = before.find('\n', at);
    const std::string_view line = before.substr(at, end - at);
    // The line as it stood: only its line break is missing.
    if (line == last) return false;
    at = end + 1;
  }
  for (std::size_t at = 0; at < before.size();) {
    const std::size_t end = before.find('\n', at);
    if (before.substr(at, end - at).starts_with(last)) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace segrid::config
