#include "server/auth/unix_peers.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace segrid::auth {
namespace {

constexpr uid_t kOwn = 500;

// `t`, `f` and `a` for the roles, `+` when the peer is listed, `-` when it may
// not connect.
std::string Find(const UnixPeers& peers, uid_t user,
                 const std::vector<gid_t>& groups = {}) {
  const std::optional<UnixGrant> grant = peers.Find({user, groups});
  if (!grant.has_value()) return "-";
  std::string text;
  if (grant->roles.Has(Role::kTransform)) text += "t";
  if (grant->roles.Has(Role::kForward)) text += "f";
  if (grant->roles.Has(Role::kAdmin)) text += "a";
  return text + (grant->listed ? "+" : "");
}

TEST(UnixPeers, AreRootAndTheOwnUserByDefault) {
  const UnixPeers peers({}, kOwn);
  EXPECT_EQ(Find(peers, 0), "tfa");
  EXPECT_EQ(Find(peers, kOwn), "tfa");
  EXPECT_EQ(Find(peers, 501, {0, kOwn}), "-");
  EXPECT_EQ(Find(peers, 65'534), "-");
}

TEST(UnixPeers, HaveTheRolesOfAllEntriesThatFit) {
  const UnixPeers peers({{1'000, -1, {"transform"}},
                         {-1, 990, {"forward"}},
                         {kOwn, -1, {"admin"}}},
                        kOwn);
  EXPECT_EQ(Find(peers, 1'000), "t+");
  EXPECT_EQ(Find(peers, 1'000, {5, 990}), "tf+");
  EXPECT_EQ(Find(peers, 1'001, {990}), "f+");
  EXPECT_EQ(Find(peers, 1'001, {991}), "-");
  EXPECT_EQ(Find(peers, 990), "-");  // The number of the group.
  EXPECT_EQ(Find(peers, 2, {1'000}), "-");
  // An entry bounds also those who may do everything without one.
  EXPECT_EQ(Find(peers, kOwn), "a+");
  EXPECT_EQ(Find(peers, 0), "tfa");
}

TEST(UnixPeers, GiveNoGrantThatGrantsDoesNotName) {
  const UnixPeers peers(
      {{1, -1, {"transform"}}, {-1, 2, {"forward"}}, {-1, 3, {"admin"}}}, kOwn);
  const std::vector<UnixGrant> all = peers.Grants();
  for (const uid_t user : {uid_t{0}, uid_t{1}, uid_t{9}}) {
    for (const std::vector<gid_t>& groups :
         {std::vector<gid_t>{}, {2}, {3}, {2, 3}}) {
      const std::optional<UnixGrant> grant = peers.Find({user, groups});
      if (!grant.has_value()) continue;
      EXPECT_EQ(std::count(all.begin(), all.end(), *grant), 1);
    }
  }
}

TEST(UnixIdentity, IsWhatTheKernelSays) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const std::optional<UnixIdentity> identity = IdentityOf(ends[0]);
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->user, ::geteuid());
  EXPECT_NE(
      std::find(identity->groups.begin(), identity->groups.end(), ::getegid()),
      identity->groups.end());
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_FALSE(IdentityOf(-1).has_value());
}

}  // namespace
}  // namespace segrid::auth
