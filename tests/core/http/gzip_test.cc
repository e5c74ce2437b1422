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

}  // namespace
}  // namespace segrid::http
