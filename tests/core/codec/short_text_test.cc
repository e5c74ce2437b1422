#include "core/codec/short_text.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace segrid::codec {
namespace {

// In a buffer of exactly its size, so that reading beside it is seen.
std::vector<char> Exactly(const std::string& text) {
  return {text.begin(), text.end()};
}

std::string TextOf(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    text[i] = static_cast<char>('!' + i % 90);
  }
  return text;
}

TEST(SameBytes, SeesEachByteThatDiffers) {
  for (std::size_t size = 0; size <= 70; ++size) {
    const std::string text = TextOf(size);
    const std::vector<char> same = Exactly(text);
    EXPECT_TRUE(SameBytes(same.data(), text.data(), size)) << size;
    for (std::size_t at = 0; at < size; ++at) {
      std::vector<char> other = Exactly(text);
      other[at] = static_cast<char>(other[at] ^ 0x80);
      ASSERT_FALSE(SameBytes(other.data(), text.data(), size)) << size << at;
    }
  }
}

TEST(SameText, ComparesTheSizesToo) {
  EXPECT_TRUE(SameText("", ""));
  EXPECT_FALSE(SameText("a", ""));
  EXPECT_FALSE(SameText("abcdefgh", "abcdefghi"));
  EXPECT_TRUE(IsText("open", "open"));
  EXPECT_FALSE(IsText("opens", "open"));
  EXPECT_FALSE(IsText("oped", "open"));
}

TEST(CopyText, CopiesTextsOfEachSizeAndNothingElse) {
  for (std::size_t size = 0; size <= 200; ++size) {
    const std::vector<char> from = Exactly(TextOf(size));
    std::vector<char> to(size);
    char* const end = CopyText({from.data(), from.size()}, to.data());
    EXPECT_EQ(end, to.data() + size);
    ASSERT_EQ(to, from) << size;
  }
}

}  // namespace
}  // namespace segrid::codec
