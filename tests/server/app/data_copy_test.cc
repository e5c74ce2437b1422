#include "server/app/data_copy.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "core/base/error_info.h"
#include "gtest/gtest.h"

namespace segrid::app {
namespace {

namespace fs = std::filesystem;

class DataCopyTest : public ::testing::Test {
 protected:
  DataCopyTest() {
    std::string name = ::testing::TempDir() + "data-copy-XXXXXX";
    root_ = ::mkdtemp(name.data());
    fs::create_directories(root_ / "from/deep/er");
  }
  ~DataCopyTest() override { fs::remove_all(root_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name) << text;
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(root_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  absl::Status Copy(const std::vector<std::string>& skip = {}) {
    return copy_.CopyFolder(root_ / "from", root_ / "to", skip);
  }

  fs::path root_;
  DataCopy copy_;
};

TEST_F(DataCopyTest, CopiesBytesForTheOwnerAloneAndNeverLinks) {
  const std::string large(3'000'000, 'x');
  Write("from/a", large);
  Write("from/deep/er/b", "b");
  Write("from/skipped", "s");
  Write("from/deep/skipped", "kept, because it is deeper");
  fs::create_symlink("/etc/passwd", root_ / "from/link");
  ASSERT_EQ(::mkfifo((root_ / "from/pipe").c_str(), 0600), 0);
  ASSERT_TRUE(Copy({"skipped"}).ok());
  EXPECT_EQ(Read("to/a"), large);
  EXPECT_EQ(Read("to/deep/er/b"), "b");
  EXPECT_EQ(Read("to/deep/skipped"), "kept, because it is deeper");
  for (const char* none : {"to/skipped", "to/link", "to/pipe"}) {
    EXPECT_FALSE(fs::exists(root_ / none)) << none;
  }
  EXPECT_EQ(copy_.files(), 3);
  EXPECT_EQ(copy_.bytes(), 3'000'000 + 1 + 26);
  EXPECT_EQ(fs::status(root_ / "to/a").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(root_ / "to/deep").permissions(), fs::perms::owner_all);
  Write("from/a", "changed in its place");
  EXPECT_EQ(Read("to/a"), large);
}

TEST_F(DataCopyTest, SaysWhichFileCannotBeCopied) {
  Write("from/a", "a");
  Write("to", "a file in the way");
  const absl::Status status = Copy();
  EXPECT_EQ(base::ReasonOf(status), "BACKUP_FAILED");
  EXPECT_NE(std::string(status.message()).find("/to"), std::string::npos)
      << status;
}

// Its file alone would lack what is in the log beside it.
TEST_F(DataCopyTest, CopiesADatabaseThatIsOpenWithAllThatWasCommitted) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((root_ / "from/rows.db").c_str(), &database), 0);
  ASSERT_EQ(sqlite3_exec(database,
                         "PRAGMA journal_mode=WAL; CREATE TABLE t(x);"
                         "INSERT INTO t VALUES (1), (2); BEGIN;"
                         "INSERT INTO t VALUES (3);",
                         nullptr, nullptr, nullptr),
            0);
  ASSERT_TRUE(fs::exists(root_ / "from/rows.db-wal"));
  ASSERT_TRUE(Copy().ok());
  sqlite3_close(database);
  EXPECT_FALSE(fs::exists(root_ / "to/rows.db-wal"));
  ASSERT_EQ(sqlite3_open((root_ / "to/rows.db").c_str(), &database), 0);
  int rows = 0;
  ASSERT_EQ(sqlite3_exec(
                database, "SELECT count(*) FROM t",
                [](void* out, int, char** values, char**) {
                  *static_cast<int*>(out) = std::stoi(values[0]);
                  return 0;
                },
                &rows, nullptr),
            0);
  EXPECT_EQ(rows, 2);
  sqlite3_close(database);
}

}  // namespace
}  // namespace segrid::app
