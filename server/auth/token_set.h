// The bearer tokens of the configuration. Only their hashes are known here, so
// neither the configuration nor a memory dump gives one away.

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/crypto/sha256.h"
#include "server/auth/role.h"

namespace segrid::auth {

// Immutable. Thread safety: any thread. Blocking: never.
class TokenSet {
 public:
  // `tokens` come from a valid configuration.
  explicit TokenSet(const std::vector<config::Token>& tokens);

  bool empty() const { return entries_.empty(); }

  // What a token is good for, or nullopt when it is none of ours. Takes as long
  // for a wrong token as for a right one.
  std::optional<RoleSet> Find(std::string_view token) const;

  // Where it stands in the configuration, counted from 0.
  std::optional<std::size_t> PlaceOf(std::string_view token) const;

 private:
  struct Entry {
    crypto::Sha256::Digest digest{};
    RoleSet roles;
  };

  std::vector<Entry> entries_;
};

}  // namespace segrid::auth
