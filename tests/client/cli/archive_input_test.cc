#include "client/cli/archive_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/http/gzip.h"
#include "tests/client/scratch_dir.h"

namespace segrid::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// All that can be read, and the error's message behind it.
std::string ReadAll(const std::string& path, std::size_t block) {
  Result<ArchiveInput> input = ArchiveInput::Open(path);
  if (!input.ok()) return input.error().message;
  std::string text;
  std::string room(block, '\0');
  while (true) {
    const auto got = input->Read(room.data(), room.size());
    if (!got.ok()) return text + "|" + got.error().message;
    if (*got == 0) return text;
    text.append(room, 0, *got);
  }
}

std::string Packed(const std::string& text) { return *http::Gzip(text); }

class ArchiveInputTest : public ::testing::Test {
 protected:
  tests::ScratchDir dir_;
};

TEST_F(ArchiveInputTest, GivesFilesPackedOrNot) {
  std::string large;
  for (int i = 0; i < 200'000; ++i) large += std::to_string(i) + "\n";
  const std::vector<std::pair<std::string, std::string>> files = {
      {"", ""},
      {"a", "a"},
      {"\x1f", "\x1f"},
      {large, large},
      {Packed(large), large},
      {Packed(""), ""},
      {Packed("a") + Packed("") + Packed(large) + Packed("b"),
       "a" + large + "b"},
      {Packed("a") + std::string(700'000, '\0'), "a"},
  };
  for (const auto& [bytes, text] : files) {
    const std::string path = dir_.Write("file", bytes);
    EXPECT_TRUE(ReadAll(path, 1 << 16) == text) << bytes.size();
  }
  EXPECT_EQ(ReadAll(dir_.Write("file", Packed("abc") + Packed("def")), 1),
            "abcdef");
}

TEST_F(ArchiveInputTest, GivesWhatStandsBeforeDamage) {
  const std::string packed = Packed("abc");
  EXPECT_THAT(ReadAll(dir_.Write("f", packed.substr(0, packed.size() - 1)), 9),
              StartsWith("abc|the gzip is cut off behind 3 unpacked bytes"));
  EXPECT_THAT(ReadAll(dir_.Write("f", packed + "{}"), 9),
              StartsWith("abc|the gzip is damaged"));
  std::string flipped = packed;
  flipped[flipped.size() - 6] ^= 1;  // In the checksum.
  EXPECT_THAT(ReadAll(dir_.Write("f", flipped), 9), HasSubstr("is damaged"));
}

TEST_F(ArchiveInputTest, SaysWhyAFileCannotBeRead) {
  EXPECT_THAT(ReadAll(dir_.Path("gone"), 9), HasSubstr("No such file"));
  EXPECT_THAT(ReadAll(dir_.Path("."), 9), HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace segrid::cli
