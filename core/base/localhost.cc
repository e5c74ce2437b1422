#include "core/base/localhost.h"

#include "absl/strings/match.h"

namespace segrid::base {
namespace {

// Whether the last label of `name` is `label`.
bool IsBelow(std::string_view name, std::string_view label) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() < label.size()) return false;
  const std::string_view end = name.substr(name.size() - label.size());
  if (!absl::EqualsIgnoreCase({end.data(), end.size()},
                              {label.data(), label.size()})) {
    return false;
  }
  return name.size() == label.size() ||
         name[name.size() - label.size() - 1] == '.';
}

}  // namespace

bool IsLocalhost(std::string_view name) { return IsBelow(name, "localhost"); }

bool IsInvalidName(std::string_view name) { return IsBelow(name, "invalid"); }

}  // namespace segrid::base
