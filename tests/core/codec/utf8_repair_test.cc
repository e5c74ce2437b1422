// Bytes that are no UTF-8: mapping.md, 3.9.

#include "core/codec/utf8_repair.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/testing/plain_json.h"
#include "tests/testing/random.h"

namespace segrid::codec {
namespace {

std::string InString(std::string_view text) {
  std::string quoted("\"");
  return quoted.append(text).append("\"");
}

TEST(Utf8Repair, ReplacesEachMaximalPartOnce) {
  constexpr char kBad[] = "\uFFFD";
  const struct {
    std::string_view text;
    std::string repaired;
  } rows[] = {
      {"caf\xE9", std::string("caf") + kBad},
      {"\x80\xBF", std::string(kBad) + kBad},
      {"\xC2", kBad},
      {"\xE2\x82", kBad},
      {"\xE2\x82\xE2\x82\xAC", std::string(kBad) + "€"},
      {"\xF0\x9F\x99", kBad},
      {"\xF0\x9F\x99z", std::string(kBad) + "z"},
      {"\xC0\xAF", std::string(kBad) + kBad},
      {"\xE0\x80\xAF", std::string(kBad) + kBad + kBad},
      {"\xED\xA0\x80", std::string(kBad) + kBad + kBad},
      {"\xF4\x90\x80\x80", std::string(kBad) + kBad + kBad + kBad},
      {"\xF5", kBad},
      {"\xFF\xFE", std::string(kBad) + kBad},
      {"é漢🙂", "é漢🙂"},
  };
  std::string repaired;
  for (const auto& row : rows) {
    const auto strings = RepairUtf8(InString(row.text), repaired);
    ASSERT_TRUE(strings.has_value()) << row.text;
    EXPECT_EQ(repaired, InString(row.repaired));
    EXPECT_EQ(*strings, row.text == row.repaired ? 0 : 1) << row.text;
  }
}

TEST(Utf8Repair, ReplacesNothingOutsideStrings) {
  std::string repaired;
  EXPECT_FALSE(RepairUtf8("[\xE9]", repaired).has_value());
  EXPECT_FALSE(RepairUtf8("[\"a\\\"\"\xE9]", repaired).has_value());
  EXPECT_EQ(RepairUtf8("[\"a\\\"\xE9\"]", repaired), 1);
  EXPECT_EQ(RepairUtf8("[\"a\\\\\",\"\xE9\"]", repaired), 1);
  EXPECT_FALSE(RepairUtf8("[\"a\\\\\"\xE9\"]", repaired).has_value());
}

// A string of any bytes but quotes and backslashes is read as browsers do.
TEST(Utf8Repair, AgreesWithTheDecoderOfBrowsersOnAnyBytes) {
  testing::Random random(testing::TestSeed());
  std::string repaired;
  for (int i = 0; i < 100'000; ++i) {
    std::string text;
    for (std::size_t left = random.Below(8); left > 0; --left) {
      const auto byte =
          random.OneIn(3) ? random.Below(0x80) : 0x80 + random.Below(0x80);
      text += byte == '"' || byte == '\\' ? 'x' : static_cast<char>(byte);
    }
    ASSERT_TRUE(RepairUtf8(InString(text), repaired).has_value());
    ASSERT_EQ(repaired, testing::AsBrowsersRead(InString(text))) << text;
  }
}

}  // namespace
}  // namespace segrid::codec
