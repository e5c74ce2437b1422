#include "server/auth/token_set.h"

#include <vector>

#include "gtest/gtest.h"

namespace segrid::auth {
namespace {

// printf %s hello | sha256sum, and of "world".
const char kHello[] =
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const char kWorld[] =
    "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7";

TEST(TokenSet, KnowsTokensByTheirHash) {
  const TokenSet tokens(
      {{kHello, {"transform", "forward"}}, {kWorld, {"admin"}}});
  const auto hello = tokens.Find("hello");
  ASSERT_TRUE(hello.has_value());
  EXPECT_TRUE(hello->Has(Role::kTransform));
  EXPECT_TRUE(hello->Has(Role::kForward));
  EXPECT_FALSE(hello->Has(Role::kAdmin));
  const auto world = tokens.Find("world");
  ASSERT_TRUE(world.has_value());
  EXPECT_FALSE(world->Has(Role::kForward));
  EXPECT_TRUE(world->Has(Role::kAdmin));
}

TEST(TokenSet, KnowsNoOthers) {
  const TokenSet tokens({config::Token{kHello, {"admin"}}});
  for (const char* other : {"", "Hello", "hello ", "hell", "helloo", kHello}) {
    EXPECT_FALSE(tokens.Find(other).has_value()) << other;
  }
  EXPECT_FALSE(TokenSet(std::vector<config::Token>()).Find("").has_value());
}

}  // namespace
}  // namespace segrid::auth
