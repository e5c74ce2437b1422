#include "server/auth/unix_peers.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace segrid::auth {
namespace {

constexpr std::array<Role, 3> kRoles = {Role::kTransform, Role::kForward,
                                        Role::kAdmin};
constexpr std::size_t kMaxGroups = 1'024;
constexpr int kAllRoleSets = 8;

bool Fits(const config::UnixPeer& peer, const UnixIdentity& identity) {
  if (peer.uid >= 0) return static_cast<uid_t>(peer.uid) == identity.user;
  return peer.gid >= 0 &&
         std::find(identity.groups.begin(), identity.groups.end(),
                   static_cast<gid_t>(peer.gid)) != identity.groups.end();
}

RoleSet AllRoles() {
  RoleSet all;
  for (const Role role : kRoles) all.Add(role);
  return all;
}

}  // namespace

std::optional<UnixIdentity> IdentityOf(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return std::nullopt;
  }
  UnixIdentity identity{peer.uid, std::vector<gid_t>(kMaxGroups)};
  size = static_cast<socklen_t>(identity.groups.size() * sizeof(gid_t));
  const bool known = ::getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS,
                                  identity.groups.data(), &size) == 0;
  identity.groups.resize(known ? size / sizeof(gid_t) : 0);
  identity.groups.push_back(peer.gid);
  return identity;
}

UnixPeers::UnixPeers(const std::vector<config::UnixPeer>& peers, uid_t own)
    : peers_(peers), own_(own) {}

std::optional<UnixGrant> UnixPeers::Find(const UnixIdentity& identity) const {
  UnixGrant grant;
  for (const config::UnixPeer& peer : peers_) {
    if (!Fits(peer, identity)) continue;
    grant.listed = true;
    for (const Role role : kRoles) {
      if (std::find(peer.roles.begin(), peer.roles.end(), NameOf(role)) !=
          peer.roles.end()) {
        grant.roles.Add(role);
      }
    }
  }
  if (grant.listed) return grant;
  if (identity.user != 0 && identity.user != own_) return std::nullopt;
  grant.roles = AllRoles();
  return grant;
}

std::vector<UnixGrant> UnixPeers::Grants() const {
  std::vector<UnixGrant> grants = {{AllRoles(), false}};
  if (peers_.empty()) return grants;
  for (int bits = 1; bits < kAllRoleSets; ++bits) {
    UnixGrant& grant = grants.emplace_back();
    grant.listed = true;
    for (const Role role : kRoles) {
      if ((bits & static_cast<int>(role)) != 0) grant.roles.Add(role);
    }
  }
  return grants;
}

}  // namespace segrid::auth
