// Lists the differences between two configurations, key by key.

#pragma once

#include <string>
#include <vector>

#include "core/config/config.h"

namespace segrid::config {

// A key whose value differs.
struct Change {
  std::string key;   // `sources[prod].write_key`, `grpc.tokens`
  std::string from;  // For people; a secret is `***`, and nothing is "(none)".
  std::string to;
  // True if less is asked of callers than before, or more is open.
  bool weakens = false;
};

// The differences, in the order of the schema. It visits every key of the
// schema, so that a new key is covered by itself. An element of a list of
// sections is known by its name; a list whose elements have none is one value.
std::vector<Change> ChangesBetween(const Config& before, const Config& now);

// The keys of the changes, with commas; "" without any.
std::string KeysOf(const std::vector<Change>& changes);

// True if the keys differ that say where the source's Tracks go and how fast,
// so that its delivery has to begin anew.
bool DeliversOtherwise(const Source& before, const Source& now);

}  // namespace segrid::config
