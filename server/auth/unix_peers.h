// Who may call over Unix sockets.

#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "core/config/config.h"
#include "server/auth/role.h"

namespace segrid::auth {

// Who is at the other end of a Unix socket, as the kernel tells.
struct UnixIdentity {
  uid_t user = 0;
  std::vector<gid_t> groups;  // Also the supplementary ones.
};

// nullopt when `descriptor` is no connected Unix socket.
std::optional<UnixIdentity> IdentityOf(int descriptor);

// What a peer may do.
struct UnixGrant {
  RoleSet roles;
  // The configuration names the peer, so that it needs no token.
  bool listed = false;

  friend bool operator==(const UnixGrant&, const UnixGrant&) = default;
};

// The peers of the configuration, and root and this process's user, who may do
// everything.
//
// Thread safety: immutable. Blocking: never.
class UnixPeers {
 public:
  UnixPeers(const std::vector<config::UnixPeer>& peers, uid_t own);

  // The roles of all entries that fit together; nullopt when the peer may not
  // connect.
  std::optional<UnixGrant> Find(const UnixIdentity& identity) const;

  // Each grant that Find may give, once.
  std::vector<UnixGrant> Grants() const;

 private:
  std::vector<config::UnixPeer> peers_;
  const uid_t own_;
};

}  // namespace segrid::auth
