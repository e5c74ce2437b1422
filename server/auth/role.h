// What callers may do.

#pragma once

#include <cstdint>
#include <string_view>

namespace segrid::auth {

// One method needs one role; the values are bits of RoleSet.
enum class Role : std::uint8_t { kTransform = 1, kForward = 2, kAdmin = 4 };

// As in the configuration.
constexpr std::string_view NameOf(Role role) {
  switch (role) {
    case Role::kTransform:
      return "transform";
    case Role::kForward:
      return "forward";
    case Role::kAdmin:
      break;
  }
  return "admin";
}

// Some roles. A value.
class RoleSet {
 public:
  constexpr void Add(Role role) {
    bits_ = static_cast<std::uint8_t>(bits_ | static_cast<std::uint8_t>(role));
  }
  friend constexpr bool operator==(RoleSet, RoleSet) = default;

  constexpr bool Has(Role role) const {
    return (bits_ & static_cast<std::uint8_t>(role)) != 0;
  }

 private:
  std::uint8_t bits_ = 0;
};

}  // namespace segrid::auth
