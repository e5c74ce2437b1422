// The base of those that show options instead of reading them.

#pragma once

#include <string_view>

#include "core/config/fields.h"

namespace segrid::config {

// The options are there and right, because they were read before: there is
// nothing to check, and no file behind them. Not thread-safe.
class ShownFields : public Fields {
 public:
  void Check(bool, Key, std::string_view) final {}
  void Require(bool, Key, std::string_view) final {}
  bool Has(Key) const final { return false; }
  bool IsGood(Key) const final { return true; }
  int LineOf(Key) const final { return 0; }
};

}  // namespace segrid::config
