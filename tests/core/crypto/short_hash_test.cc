#include "core/crypto/short_hash.h"

#include <cstring>
#include <string>

#include "core/base/cpu_features.h"
#include "core/crypto/hash_sixteen.h"
#include "gtest/gtest.h"

namespace segrid::crypto {
namespace {

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

// Texts of many sizes, and what a hash of one at a time gives.
struct Sample {
  explicit Sample(std::size_t seed) {
    for (std::size_t i = 0; i < kMaxHashes; ++i) {
      const std::size_t size = (seed * 5 + i * 7) % (ShortText::kMaxBytes + 1);
      const std::string text = TextOf(size, seed + i);
      texts[i] = Make(text);
      hashes[i] = Sha256().Hash(text);
    }
  }
  std::array<ShortText, kMaxHashes> texts;
  std::array<Sha256::Digest, kMaxHashes> hashes;
};

TEST(HashShortTexts, GivesAsManyHashesAsThereAreDigests) {
  const Sample sample(1);
  for (std::size_t count = 0; count <= kMaxHashes; ++count) {
    std::array<Sha256::Digest, kMaxHashes> digests{};
    HashShortTexts(sample.texts, std::span(digests).first(count));
    for (std::size_t i = 0; i < kMaxHashes; ++i) {
      EXPECT_EQ(digests[i], i < count ? sample.hashes[i] : Sha256::Digest{})
          << i << " of " << count;
    }
  }
}

TEST(HashPortably, GivesTheHashes) {
  for (std::size_t seed = 0; seed < 64; ++seed) {
    const Sample sample(seed);
    std::array<Sha256::Digest, kMaxHashes> digests{};
    HashPortably(sample.texts, digests);
    ASSERT_EQ(digests, sample.hashes) << seed;
  }
}

TEST(HashTwoWithInstructions, GivesTheHashesOfBoth) {
  if (!base::GetCpuFeatures().sha_ni)
    GTEST_SKIP() << "no SHA instructions here";
  for (std::size_t seed = 0; seed < 256; ++seed) {
    const Sample sample(seed);
    std::array<Sha256::Digest, 2> digests{};
    HashTwoWithInstructions(sample.texts[0], sample.texts[1], digests);
    ASSERT_EQ(digests[0], sample.hashes[0]) << seed;
    ASSERT_EQ(digests[1], sample.hashes[1]) << seed;
  }
}

TEST(HashSixteen, GivesTheHashesOfAll) {
  if (!base::GetCpuFeatures().avx512)
    GTEST_SKIP() << "no vectors of 512 bits here";
  for (std::size_t seed = 0; seed < 256; ++seed) {
    const Sample sample(seed);
    std::array<Sha256::Digest, kMaxHashes> digests{};
    HashSixteen(sample.texts, digests);
    ASSERT_EQ(digests, sample.hashes) << seed;
  }
}

}  // namespace
}  // namespace segrid::crypto
