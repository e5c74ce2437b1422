#include "server/webhook/unpack.h"

#include <string>

#include "core/base/error_info.h"
#include "core/http/gzip.h"
#include "gtest/gtest.h"

namespace segrid::webhook {
namespace {

constexpr std::int64_t kMax = 100'000;

std::string TextOf(std::size_t size) {
  std::string text;
  std::uint32_t random = 3;
  while (text.size() < size) {
    random = random * 1'664'525 + 1'013'904'223;
    text.push_back(static_cast<char>(random >> 24));
  }
  return text;
}

TEST(Gunzip, GivesTheBytes) {
  for (const std::size_t size : {0, 1, 100, 4'096, 4'097, 99'999, 100'000}) {
    for (const std::string& plain : {TextOf(size), std::string(size, 'x')}) {
      const auto unpacked = Gunzip(*http::Gzip(plain), kMax);
      ASSERT_TRUE(unpacked.ok()) << size << unpacked.status();
      EXPECT_EQ(*unpacked, plain);
    }
  }
}

TEST(Gunzip, GivesAllMembers) {
  const auto unpacked = Gunzip(*http::Gzip("[1,") + *http::Gzip("2]"), kMax);
  ASSERT_TRUE(unpacked.ok()) << unpacked.status();
  EXPECT_EQ(*unpacked, "[1,2]");
}

TEST(Gunzip, StopsAtTheLimit) {
  for (const std::size_t size : {100'001, 50'000'000}) {
    const auto unpacked = Gunzip(*http::Gzip(std::string(size, 'x')), kMax);
    EXPECT_EQ(base::ReasonOf(unpacked.status()), "BODY_TOO_LARGE");
  }
  const std::string half = *http::Gzip(std::string(60'000, 'x'));
  EXPECT_EQ(base::ReasonOf(Gunzip(half + half, kMax).status()),
            "BODY_TOO_LARGE");
}

// Not only the result is bounded: what a bomb costs is, too.
TEST(Gunzip, UnpacksNoMoreThanTheLimitTwice) {
  const std::string honest = *http::Gzip(std::string(50'000'000, 'x'));
  std::string liar = honest;
  liar.replace(liar.size() - 4, 4, std::string("\x64\0\0\0", 4));
  std::string members;
  for (int i = 0; i < 100; ++i)
    members += *http::Gzip(std::string(90'000, 'x'));
  for (const std::string& bomb : {honest, liar, members}) {
    std::int64_t unpacked = 0;
    EXPECT_FALSE(Gunzip(bomb, kMax, &unpacked).ok());
    EXPECT_GT(unpacked, 0);
    EXPECT_LE(unpacked, 2 * kMax + (128 << 10));
  }
  std::int64_t unpacked = 0;
  EXPECT_TRUE(
      Gunzip(*http::Gzip(std::string(60'000, 'x')), kMax, &unpacked).ok());
  EXPECT_EQ(unpacked, 60'000);
}

TEST(Gunzip, RefusesWhatIsDamaged) {
  const std::string packed = *http::Gzip(TextOf(3'000));
  EXPECT_EQ(base::ReasonOf(Gunzip("", kMax).status()), "BAD_ENCODING");
  EXPECT_EQ(base::ReasonOf(Gunzip("[]", kMax).status()), "BAD_ENCODING");
  EXPECT_EQ(base::ReasonOf(Gunzip(packed + "more", kMax).status()),
            "BAD_ENCODING");
  for (std::size_t size = 0; size < packed.size(); size += 97) {
    EXPECT_FALSE(Gunzip(packed.substr(0, size), kMax).ok()) << size;
  }
  for (std::size_t at = 10; at < packed.size(); at += 53) {
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    const auto unpacked = Gunzip(damaged, kMax);
    EXPECT_FALSE(unpacked.ok()) << at;
  }
}

}  // namespace
}  // namespace segrid::webhook
