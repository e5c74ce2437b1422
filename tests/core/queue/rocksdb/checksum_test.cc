#include "core/queue/rocksdb/checksum.h"

#include <dlfcn.h>

#include <string>

#include "gtest/gtest.h"
#include "rocksdb/version.h"

namespace segrid::queue::rocksdb {
namespace {

TEST(Crc32c, IsTheOneOfTheStandard) {
  // RFC 3720, B.4, and the check value of CRC-32C.
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(""), 0u);
}

TEST(Crc32c, GoesOnFromWhatStandsBefore) {
  const std::string text(1'000, 'x');
  for (const std::size_t cut : {0, 1, 7, 500, 1'000}) {
    EXPECT_EQ(Crc32c(text.substr(cut), Crc32c(text.substr(0, cut))),
              Crc32c(text))
        << cut;
  }
}

// A check that RocksDB still has a function of this name, and calls ours.
TEST(Crc32c, IsWhatRocksDbComputesItsOwnWith) {
  // So that the library is linked.
  ASSERT_FALSE(::rocksdb::GetRocksVersionAsString().empty());
  using Extend = std::uint32_t(std::uint32_t, const char*, std::size_t);
  void* const found = ::dlsym(RTLD_DEFAULT, "_ZN7rocksdb6crc32c6ExtendEjPKcm");
  ASSERT_NE(found, nullptr);
  void* const theirs = ::dlsym(RTLD_NEXT, "_ZN7rocksdb6crc32c6ExtendEjPKcm");
  ASSERT_NE(theirs, nullptr) << "RocksDB has renamed it";
  EXPECT_NE(found, theirs);
  Dl_info info{};
  ASSERT_NE(::dladdr(found, &info), 0);
  EXPECT_EQ(std::string(info.dli_fname).find("librocksdb"), std::string::npos);
  const std::string text = "some bytes of a log, longer than a word";
  for (const auto function : {found, theirs}) {
    EXPECT_EQ(reinterpret_cast<Extend*>(function)(7, text.data(), text.size()),
              Crc32c(text, 7));
  }
}

}  // namespace
}  // namespace segrid::queue::rocksdb
