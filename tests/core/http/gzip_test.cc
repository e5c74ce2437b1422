#include "core/http/gzip.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/testing/gunzip.h"

namespace segrid::http {
namespace {

TEST(Gzip, AnotherLibraryUnpacksIt) {
  std::string json;
  for (int i = 0; i < 9'000; ++i) {
    absl::StrAppend(&json, "{\"messageId\":\"m", i, "\"},");
  }
  std::string noise(300'000, '\0');
  std::mt19937 random(1);
  for (char& c : noise) c = static_cast<char>(random());
  for (const std::string& plain :
       {std::string(), std::string("x"), json, noise}) {
    const auto packed = Gzip(plain);
    ASSERT_TRUE(packed.ok()) << packed.status();
    EXPECT_EQ(testing::Gunzip(*packed), plain) << plain.size();
  }
  EXPECT_LT(Gzip(json)->size(), json.size() / 3);
}

TEST(Gzip, JoinsThePiecesOfABody) {
  Body body;
  std::string text;
  for (const std::size_t size : {0, 1, 700, 70'000, 0, 3, 1'000'000, 0}) {
    text += std::string(size, static_cast<char>('a' + size % 26));
  }
  std::size_t at = 0;
  for (std::size_t size = 0; at < text.size(); size = size * 2 + 1) {
    body.pieces.push_back(std::string_view(text).substr(at, size));
    at += body.pieces.back().size();
  }
  body.pieces.push_back("");
  EXPECT_EQ(testing::Gunzip(*Gzip(body)), text);
  EXPECT_EQ(testing::Gunzip(*Gzip(Body())), "");
}

}  // namespace
}  // namespace segrid::http
