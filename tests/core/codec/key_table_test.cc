#include "core/codec/key_table.h"

#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/random.h"

namespace segrid::codec {
namespace {

using catalog::FieldRow;

// In a buffer of exactly its size, so that reading beside it is seen.
catalog::FieldId Find(std::string_view key) {
  const std::vector<char> exact(key.begin(), key.end());
  return kKeyTable.Find({exact.data(), exact.size()});
}

std::set<std::string, std::less<>> TopLevelKeys() {
  std::set<std::string, std::less<>> keys;
  for (const FieldRow& row : catalog::kFields) {
    if (row.parent.empty()) keys.emplace(row.key);
  }
  return keys;
}

TEST(KeyTable, FindsEveryKeyOfAnEvent) {
  for (const std::string& key : TopLevelKeys()) {
    EXPECT_EQ(Find(key), catalog::FindField(key)) << key;
  }
}

TEST(KeyTable, DoesNotFindMembersOfObjects) {
  const auto keys = TopLevelKeys();
  for (const FieldRow& row : catalog::kFields) {
    if (keys.contains(row.key)) continue;
    EXPECT_EQ(Find(row.key), catalog::kNoField) << row.key;
  }
}

TEST(KeyTable, FindsNothingThatIsNearlyAKey) {
  const auto keys = TopLevelKeys();
  const auto expect_unknown = [&keys](const std::string& near) {
    if (keys.contains(near)) return;
    EXPECT_EQ(Find(near), catalog::kNoField) << near;
  };
  for (const std::string& key : keys) {
    for (std::size_t i = 0; i < key.size(); ++i) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed = key;
        changed[i] = static_cast<char>(byte);
        expect_unknown(changed);
        changed = key;
        changed.insert(i, 1, static_cast<char>(byte));
        expect_unknown(changed);
      }
      expect_unknown(key.substr(0, i));
      expect_unknown(key.substr(i + 1));
      expect_unknown(std::string(key).erase(i, 1));
    }
    // The table's own copies of the keys end in zeros.
    for (std::string padded = key + '\0'; padded.size() < 40; padded += '\0') {
      expect_unknown(padded);
    }
    expect_unknown(key + "s");
  }
}

TEST(KeyTable, FindsNoOtherKey) {
  testing::Random random(testing::TestSeed());
  const auto keys = TopLevelKeys();
  EXPECT_EQ(Find(""), catalog::kNoField);
  for (int i = 0; i < 200'000; ++i) {
    std::string key(random.Below(40), ' ');
    for (char& c : key) {
      c = random.PickFrom(std::string_view("abcdefgimnoprstu_-"));
    }
    if (!keys.contains(key)) {
      ASSERT_EQ(Find(key), catalog::kNoField) << key;
    }
  }
  EXPECT_EQ(Find(std::string(100'000, 'e')), catalog::kNoField);
}

}  // namespace
}  // namespace segrid::codec
