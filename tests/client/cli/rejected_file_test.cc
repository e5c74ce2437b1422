#include "client/cli/rejected_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/client/scratch_dir.h"

namespace segrid::cli {
namespace {

class RejectedFileTest : public ::testing::Test {
 protected:
  // Opens the file, does something, and gives what it holds then.
  template <typename Work>
  std::string After(const Work& work) {
    {
      Result<RejectedFile> file = RejectedFile::Open(path_);
      EXPECT_TRUE(file.ok());
      work(*file);
      EXPECT_EQ(file->Sync(), std::nullopt);
    }
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }
  static void Add(RejectedFile& file, const std::vector<std::string>& items) {
    for (const std::string& item : items) {
      EXPECT_EQ(file.Begin(), std::nullopt);
      EXPECT_EQ(file.Append(item), std::nullopt);
    }
  }

  tests::ScratchDir dir_;
  const std::string path_ = dir_.Path("rejected");
};

TEST_F(RejectedFileTest, HoldsItemsOnLinesOfTheirOwn) {
  EXPECT_EQ(After([](auto& file) {
              Add(file, {"a\r\n", "b", "c\n", "d"});
            }),
            "a\r\nb\nc\nd");
  EXPECT_EQ(After([](auto& file) { Add(file, {"e\n"}); }), "a\r\nb\nc\nd\ne\n");
}

// As a run that was killed had written them.
TEST_F(RejectedFileTest, WritesNothingAgainThatIsThere) {
  After([](auto& file) { Add(file, {"a\n", "b", "c\n", "d\n"}); });
  EXPECT_EQ(After([](auto& file) {
              file.GoOnAt(2);
              Add(file, {"b", "c\n", "d\n", "e\n"});
            }),
            "a\nb\nc\nd\ne\n");
}

TEST_F(RejectedFileTest, KeepsWhatAnotherRunWroteMeanwhile) {
  After([](auto& file) { Add(file, {"a\n", "b\n", "other\n"}); });
  EXPECT_EQ(After([](auto& file) {
              file.GoOnAt(2);
              Add(file, {"b\n", "c\n"});
            }),
            "a\nb\nother\nc\n");
}

TEST_F(RejectedFileTest, DropsAnEnd) {
  After([](auto& file) { Add(file, {"a\n", "b"}); });
  EXPECT_EQ(After([](auto& file) {
              EXPECT_EQ(file.CutTo(2), std::nullopt);
              Add(file, {"c\n"});
            }),
            "a\nc\n");
}

TEST_F(RejectedFileTest, IsForOneRunAtATime) {
  const Result<RejectedFile> first = RejectedFile::Open(path_);
  const Result<RejectedFile> second = RejectedFile::Open(path_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kFailedPrecondition);
}

TEST_F(RejectedFileTest, IsNoneWithoutAPath) {
  Result<RejectedFile> none = RejectedFile::Open("");
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->is_kept());
  EXPECT_EQ(none->Append("a"), std::nullopt);
}

}  // namespace
}  // namespace segrid::cli
