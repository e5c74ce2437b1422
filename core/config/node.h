// A YAML document as a plain tree that remembers where each part stood.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace segrid::config {

// A place in a file. Both count from 1; columns count characters.
struct Position {
  int line = 1;
  int column = 1;

  // Clang 14 sees the 0 that the compiler compares with.
  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend auto operator<=>(const Position&, const Position&) = default;
};

struct Entry;

// A value: what stands after a key or in a list.
struct Node {
  enum class Kind : std::uint8_t {
    kNull,    // Nothing, `~` or `null`.
    kScalar,  // `text`, as written; `quoted` if it stood in quotes or a block.
    kList,    // `items`
    kMap,     // `entries`, no key twice.
    kBroken,  // Was already reported; say nothing more about it.
  };
  Kind kind = Kind::kNull;
  bool quoted = false;
  Position position;
  std::string text;
  std::vector<Node> items;
  std::vector<Entry> entries;
};

// A key with its value.
struct Entry {
  std::string key;
  Position position;  // The key's.
  Node value;
};

}  // namespace segrid::config
