#include "core/queue/rocksdb/warning_log.h"

#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/queue/rocksdb/rocks_store.h"

namespace segrid::queue::rocksdb {
namespace {

using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::SizeIs;

TEST(WarningLog, PassesOnWarningsAndErrorsAsOneLine) {
  std::vector<std::string> lines;
  WarningLog log([&](std::string_view text) { lines.emplace_back(text); });
  ::rocksdb::Debug(&log, "debug %d", 1);
  ::rocksdb::Info(&log, "info %d", 2);
  ::rocksdb::Header(&log, "header %d", 3);
  ::rocksdb::Warn(&log, "warning %d\n", 4);
  ::rocksdb::Error(&log, "error %d", 5);
  EXPECT_THAT(lines, ElementsAre("warning 4", "error 5"));
  lines.clear();
  ::rocksdb::Error(&log, "%s", std::string(10'000, 'x').c_str());
  EXPECT_THAT(lines, ElementsAre(SizeIs(511)));
}

TEST(WarningLog, LeavesNoFileInTheDirectory) {
  RocksStore store;
  store.calls().Append("prod", {"a"});
  store.Reopen();
  for (const auto& entry :
       std::filesystem::directory_iterator(store.dir.path() + "/db")) {
    EXPECT_THAT(entry.path().filename().string(),
                Not(::testing::StartsWith("LOG")))
        << entry.path();
  }
}

TEST(WarningLog, HearsNothingOfASoundStore) {
  std::vector<std::string> lines;
  RocksStore store(
      {.on_warning = [&](std::string_view text) { lines.emplace_back(text); }});
  store.calls().Append("prod", {"a"});
  store.Reopen();
  EXPECT_THAT(lines, ::testing::IsEmpty());
}

}  // namespace
}  // namespace segrid::queue::rocksdb
