#include "client/cli/backfill_progress.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "tests/client/scratch_dir.h"

namespace segrid::cli {
namespace {

class BackfillProgressTest : public ::testing::Test {
 protected:
  std::string Read(const std::string& path) const {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  BackfillProgress Open() const {
    Result<ProgressFile> file = ProgressFile::Open(path_);
    EXPECT_TRUE(file.ok());
    return BackfillProgress(*std::move(file));
  }

  tests::ScratchDir dir_;
  const std::string path_ = dir_.Path("progress");
};

TEST_F(BackfillProgressTest, IsThereForTheNextRun) {
  const BackfillPosition position = {.done = 7,
                                     .mark = BackfillProgress::MarkOf("{}"),
                                     .rejected_bytes = 30,
                                     .tail_bytes = 2};
  EXPECT_EQ(Open().Note("a file", position), std::nullopt);
  EXPECT_EQ(Open().Note("another", {.done = 1, .mark = position.mark}),
            std::nullopt);
  const BackfillPosition found = Open().Find("a file");
  EXPECT_EQ(found.done, 7);
  EXPECT_EQ(found.mark, position.mark);
  EXPECT_EQ(found.rejected_bytes, 30);
  EXPECT_EQ(found.tail_bytes, 2);
  EXPECT_EQ(Open().Find("file").done, 0) << "the end of a name is no name";
}

// A kill in the middle of a write must leave the old file or the new one.
TEST_F(BackfillProgressTest, ReplacesTheFileInsteadOfWritingIntoIt) {
  BackfillProgress progress = Open();
  const std::string mark = BackfillProgress::MarkOf("{}");
  EXPECT_EQ(progress.Note("a", {.done = 1, .mark = mark}), std::nullopt);
  const std::string old = dir_.Path("old");
  std::filesystem::create_hard_link(path_, old);
  const std::string before = Read(old);
  EXPECT_EQ(progress.Note("a", {.done = 2, .mark = mark}), std::nullopt);
  EXPECT_EQ(Read(old), before);
  EXPECT_NE(Read(path_), before);
}

TEST_F(BackfillProgressTest, KeepsASecondRunAway) {
  const BackfillProgress progress = Open();
  EXPECT_EQ(ProgressFile::Open(path_).error().code,
            ErrorCode::kFailedPrecondition);
}

// The server answers a call whose name it knows from its memory.
TEST_F(BackfillProgressTest, NamesEachCallOtherwiseAndARepeatedOneTheSame) {
  std::set<std::string> names;
  std::string first;
  {
    BackfillProgress progress = Open();
    first = progress.NameOfCall("a", 0, "{}");
    for (const char* const file : {"a", "b"}) {
      for (const std::int64_t place : {0, 1'000}) {
        for (const char* const part : {"{}", "{},{}"}) {
          names.insert(progress.NameOfCall(file, place, part));
        }
      }
    }
  }
  EXPECT_EQ(names.size(), 8u);
  EXPECT_EQ(Open().NameOfCall("a", 0, "{}"), first) << "after a kill";
  const std::string other = dir_.Path("other");
  BackfillProgress another(*ProgressFile::Open(other));
  EXPECT_NE(another.NameOfCall("a", 0, "{}"), first)
      << "another progress file is another wish";
}

}  // namespace
}  // namespace segrid::cli
