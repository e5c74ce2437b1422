// The string view that Abseil's functions take, where it is a type of its own.

#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace segrid::base {

// Views the same text. Debian's Abseil is built for C++14, so that its
// absl::string_view is not std::string_view, and neither converts to the other.
inline absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace segrid::base
