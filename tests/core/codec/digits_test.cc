#include "core/codec/digits.h"

#include <cstdint>
#include <optional>
#include <string>

#include "core/codec/json_text.h"
#include "gtest/gtest.h"
#include "tests/testing/random.h"

namespace segrid::codec {
namespace {

// The number of `digits`, with what may stand before them.
std::optional<std::int64_t> Read(const std::string& digits,
                                 const std::string& before) {
  const std::string text = before + digits;
  std::int64_t number = -1;
  if (!ReadPlainDigits(text.data() + text.size(), digits.size(), number)) {
    return std::nullopt;
  }
  return number;
}

TEST(PlainDigits, AreTheNumberWhateverStandsBefore) {
  testing::Random random(testing::TestSeed());
  for (const std::string& before :
       {std::string(16, '9'), std::string(16, '0'), std::string(16, '\xFF'),
        std::string("{\"timestamp\":   ")}) {
    std::string digits;
    for (std::size_t size = 1; size <= kMaxPlainDigits; ++size) {
      digits += static_cast<char>('1' + random.Below(9));
      EXPECT_EQ(Read(digits, before), std::stoll(digits)) << digits;
      const std::string nines(size, '9');
      EXPECT_EQ(Read(nines, before), std::stoll(nines));
      std::string power(size, '0');
      power.front() = '1';
      EXPECT_EQ(Read(power, before), std::stoll(power));
    }
    EXPECT_EQ(Read("0", before), 0);
  }
}

TEST(PlainDigits, AreNothingElse) {
  const std::string before(16, '1');
  for (const char* other : {"", "01", "00", "-1", "+1", "1.0", "1e3", "0x1",
                            " 1", "1 ", "12345678 ", "12345678901234567",
                            "1234567a", "a2345678", "00000000000000001"}) {
    EXPECT_EQ(Read(other, before), std::nullopt) << other;
  }
  // Each byte at each place.
  for (int byte = 0; byte < 256; ++byte) {
    if (byte >= '0' && byte <= '9') continue;
    for (std::size_t size : {1u, 7u, 8u, 9u, 16u}) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string digits(size, '5');
        digits[at] = static_cast<char>(byte);
        ASSERT_EQ(Read(digits, before), std::nullopt) << byte << " at " << at;
      }
    }
  }
}

TEST(PlainDigits, AreJsonNumbers) {
  testing::Random random(testing::TestSeed());
  const std::string before(16, ':');
  for (int i = 0; i < 100'000; ++i) {
    std::string text(1 + random.Below(18), '0');
    for (char& c : text) c = "0123456789-.e "[random.Below(14)];
    if (Read(text, before).has_value()) {
      ASSERT_TRUE(IsJsonNumber(text)) << text;
    }
  }
}

}  // namespace
}  // namespace segrid::codec
