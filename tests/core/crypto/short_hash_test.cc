#include "core/crypto/short_hash.h"

#include <cstring>
#include <string>

#include "gtest/gtest.h"

namespace segrid::crypto {
namespace {

using Digests = std::array<Sha256::Digest, 2>;

ShortText Make(std::string_view text) {
  ShortText made;
  // What was there before must not show.
  made.Assign(std::string(ShortText::kMaxBytes, '\xFF'));
  made.Assign(text);
  return made;
}

// A text of each size, all bytes used.
std::string TextOf(std::size_t size, std::size_t seed) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    text[i] = static_cast<char>(seed * 31 + i * 37);
  }
  return text;
}

TEST(ShortText, IsTheTextItWasMadeOf) {
  for (std::size_t size = 0; size <= ShortText::kMaxBytes; ++size) {
    EXPECT_EQ(Make(TextOf(size, size)).view(), TextOf(size, size));
  }
}

TEST(ShortText, ChangesAsciiCapitalsOnly) {
  for (std::size_t size = 0; size <= ShortText::kMaxBytes; ++size) {
    for (int first = 0; first < 256; first += 16) {
      std::string text(size, '\0');
      std::string expected(size, '\0');
      for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>(first + static_cast<int>(i));
        const bool capital = text[i] >= 'A' && text[i] <= 'Z';
        expected[i] = static_cast<char>(text[i] + (capital ? 32 : 0));
      }
      ShortText made;
      made.AssignLowerCase(text);
      ASSERT_EQ(made.view(), expected) << size << " " << first;
    }
  }
}

TEST(HashTwo, GivesTheHashesOfBothInEachWay) {
  Sha256 sha256;
  for (std::size_t size = 0; size <= ShortText::kMaxBytes; ++size) {
    const std::string first = TextOf(size, 1);
    const std::string second = TextOf(ShortText::kMaxBytes - size, 2);
    const Digests expected = {sha256.Hash(first), sha256.Hash(second)};
    Digests digests{};
    HashTwo(Make(first), Make(second), digests);
    EXPECT_EQ(digests, expected) << size;
    HashTwoPortably(Make(first), Make(second), digests);
    EXPECT_EQ(digests, expected) << size;
  }
}

TEST(HashTwo, GivesTheHashesOfBothWithInstructions) {
  if (!HasShaInstructions()) GTEST_SKIP() << "no SHA instructions here";
  Sha256 sha256;
  for (std::size_t size = 0; size <= ShortText::kMaxBytes; ++size) {
    for (std::size_t seed = 0; seed < 64; ++seed) {
      const std::string first = TextOf(size, seed);
      const std::string second = TextOf((size * 7 + seed) % 56, seed + 64);
      const Digests expected = {sha256.Hash(first), sha256.Hash(second)};
      Digests digests{};
      HashTwoWithInstructions(Make(first), Make(second), digests);
      ASSERT_EQ(digests, expected) << size << " " << seed;
    }
  }
}

}  // namespace
}  // namespace segrid::crypto
