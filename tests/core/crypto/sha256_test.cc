#include "core/crypto/sha256.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace segrid::crypto {
namespace {

std::string Hex(const Sha256::Digest& digest, std::size_t digits = 64) {
  std::vector<char> out(digits);
  char* const end = WriteHex(digest, digits, out.data());
  EXPECT_EQ(end, out.data() + digits);
  return {out.begin(), out.end()};
}

struct Vector {
  std::string text;
  std::string_view hex;
};

// FIPS 180-4 and the address of mapping.md's example.
const std::vector<Vector>& Vectors() {
  static const auto& vectors = *new std::vector<Vector>{
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc",
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
      {"ada@example.com",
       "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72"},
  };
  return vectors;
}

TEST(Sha256, GivesTheKnownHashes) {
  Sha256 sha256;
  for (const Vector& vector : Vectors()) {
    EXPECT_EQ(Hex(sha256.Hash(vector.text)), vector.hex);
  }
}

TEST(Sha256, PiecesMakeTheSameHash) {
  Sha256 sha256;
  for (const Vector& vector : Vectors()) {
    for (const std::size_t piece : {1u, 3u, 63u, 64u, 65u, 100'000u}) {
      if (vector.text.size() / piece > 20'000) continue;
      sha256.Start();
      for (std::size_t at = 0; at < vector.text.size(); at += piece) {
        sha256.Update(std::string_view(vector.text).substr(at, piece));
      }
      EXPECT_EQ(Hex(sha256.Finish()), vector.hex) << piece;
    }
  }
}

TEST(Sha256, AStartedHashCanBeLeft) {
  Sha256 sha256;
  sha256.Start();
  sha256.Update("left");
  EXPECT_EQ(Hex(sha256.Hash("abc")), Vectors()[1].hex);
}

TEST(Sha256, Moves) {
  Sha256 first;
  Sha256 second(std::move(first));
  EXPECT_EQ(Hex(second.Hash("abc")), Vectors()[1].hex);
  Sha256 third;
  third = std::move(second);
  EXPECT_EQ(Hex(third.Hash("abc")), Vectors()[1].hex);
}

TEST(Sha256, WritesAsManyDigitsAsAskedFor) {
  Sha256 sha256;
  const Sha256::Digest digest = sha256.Hash("abc");
  for (const std::size_t digits : {0u, 2u, 4u, 40u, 64u}) {
    EXPECT_EQ(Hex(digest, digits), Vectors()[1].hex.substr(0, digits));
  }
}

TEST(Sha256, WritesEveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    Sha256::Digest digest{};
    digest[0] = static_cast<std::uint8_t>(byte);
    char expected[3];
    std::snprintf(expected, sizeof(expected), "%02x", byte);
    EXPECT_EQ(Hex(digest, 2), expected);
  }
}

}  // namespace
}  // namespace segrid::crypto
