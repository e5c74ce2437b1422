#include "server/auth/token_set.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/crypto/constant_time.h"

namespace segrid::auth {
namespace {

std::uint8_t DigitOf(char c) {
  return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10);
}

crypto::Sha256::Digest FromHex(std::string_view hex) {
  crypto::Sha256::Digest digest{};
  for (std::size_t i = 0; i < digest.size() && 2 * i + 1 < hex.size(); ++i) {
    digest[i] = static_cast<std::uint8_t>((DigitOf(hex[2 * i]) << 4) |
                                          DigitOf(hex[2 * i + 1]));
  }
  return digest;
}

RoleSet FromNames(const std::vector<std::string>& names) {
  RoleSet roles;
  for (const Role role : {Role::kTransform, Role::kForward, Role::kAdmin}) {
    for (const std::string& name : names) {
      if (name == NameOf(role)) roles.Add(role);
    }
  }
  return roles;
}

}  // namespace

TokenSet::TokenSet(const std::vector<config::Token>& tokens) {
  for (const config::Token& token : tokens) {
    entries_.push_back({FromHex(token.sha256), FromNames(token.roles)});
  }
}

std::optional<RoleSet> TokenSet::Find(std::string_view token) const {
  const std::optional<std::size_t> place = PlaceOf(token);
  if (!place.has_value()) return std::nullopt;
  return entries_[*place].roles;
}

std::optional<std::size_t> TokenSet::PlaceOf(std::string_view token) const {
  const crypto::Sha256::Digest digest = crypto::Sha256().Hash(token);
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    // All of them, whatever the first ones said.
    if (crypto::EqualInConstantTime(entries_[i].digest, digest)) found = i;
  }
  return found;
}

}  // namespace segrid::auth
