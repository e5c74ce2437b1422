#include "core/queue/rocksdb/dedup_table.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace segrid::queue::rocksdb {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'767'225'600);

IdHash Id(int number) { return HashId("prod", absl::StrCat("id", number)); }

TEST(DedupTable, HashesAreStoredSoTheyNeverChange) {
  const IdHash hash = HashId("prod", "id1");
  EXPECT_EQ(hash, HashId("prod", "id1"));
  EXPECT_NE(hash, HashId("prodi", "d1"));
  EXPECT_NE(hash, HashId("test", "id1"));
}

TEST(DedupTable, RemembersForTheWindow) {
  DedupTable table(absl::Hours(1), 1'000'000);
  EXPECT_TRUE(table.Insert(Id(1), kStart, kStart));
  EXPECT_FALSE(table.Insert(Id(1), kStart, kStart + absl::Hours(1)));
  EXPECT_TRUE(table.Insert(Id(1), kStart + absl::Minutes(61),
                           kStart + absl::Minutes(61)));
  EXPECT_FALSE(table.Insert(Id(1), kStart + absl::Minutes(62),
                            kStart + absl::Minutes(62)));
}

TEST(DedupTable, ErasedIdsAreForgottenAndNoOthers) {
  DedupTable table(absl::Hours(1), 1'000'000);
  for (int i = 0; i < 20'000; ++i) table.Insert(Id(i), kStart, kStart);
  for (int i = 0; i < 20'000; i += 2) table.Erase(Id(i));
  EXPECT_EQ(table.size(), 10'000);
  for (int i = 0; i < 20'000; ++i) {
    EXPECT_EQ(table.Insert(Id(i), kStart, kStart), i % 2 == 0) << i;
  }
}

TEST(DedupTable, TakesNoMoreThan32BytesForAnId) {
  DedupTable table(absl::Hours(24), 4'000'000);
  for (int i = 0; i < 400'000; ++i) {
    ASSERT_TRUE(table.Insert(Id(i), kStart, kStart));
    if (i > 50'000 && i % 997 == 0) {
      ASSERT_LE(table.memory_bytes(), (i + 1) * DedupTable::kMaxBytesPerId);
    }
  }
}

TEST(DedupTable, OverItsBoundForgetsTheOldestAndSaysSo) {
  constexpr int kMax = 25'600;
  DedupTable table(absl::Hours(24), kMax);
  EXPECT_EQ(table.EffectiveWindow(kStart), absl::Hours(24));
  for (int i = 0; i < 2 * kMax; ++i) {
    const absl::Time now = kStart + absl::Seconds(i);
    ASSERT_TRUE(table.Insert(Id(i), now, now));
  }
  EXPECT_LE(table.size(), kMax);
  EXPECT_LE(table.memory_bytes(), kMax * DedupTable::kMaxBytesPerId * 5 / 4);
  const absl::Time now = kStart + absl::Seconds(2 * kMax);
  const absl::Duration window = table.EffectiveWindow(now);
  EXPECT_LT(window, absl::Hours(24));
  EXPECT_GT(window, absl::Seconds(kMax / 2));
  // Within the window that it claims, it is exact.
  for (int i = 2 * kMax - 1; i > 2 * kMax - absl::ToInt64Seconds(window); --i) {
    EXPECT_FALSE(table.Insert(Id(i), now, now)) << i;
  }
}

}  // namespace
}  // namespace segrid::queue::rocksdb
