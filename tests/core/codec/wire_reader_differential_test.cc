// 100,000 random messages and many broken ones through our reader and through
// the generated class.

#include <string>

#include "gtest/gtest.h"
#include "segrid/v1/sendgrid_event.pb.h"
#include "tests/testing/random.h"
#include "tests/testing/wire_maker.h"
#include "tests/testing/wire_oracle.h"

namespace segrid::codec {
namespace {

using testing::Random;
using testing::WireMaker;
using testing::WireOracle;

constexpr int kEvents = 100'000;

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    char two[3];
    std::snprintf(two, sizeof(two), "%02x", static_cast<unsigned char>(c));
    hex += two;
  }
  return hex;
}

TEST(WireReaderDifferential, RandomEventsAreEqualInEveryField) {
  Random random(testing::TestSeed());
  WireMaker maker(random);
  WireOracle oracle;
  for (int i = 0; i < kEvents; ++i) {
    const std::string bytes = maker.Event(random.OneIn(100) ? 300 : 25);
    ASSERT_EQ(oracle.Compare(bytes), "") << Hex(bytes);
    ASSERT_TRUE(oracle.accepted()) << Hex(bytes);
  }
}

TEST(WireReaderDifferential, TextsThatAreNotUtf8AreRefusedAlike) {
  Random random(testing::TestSeed());
  WireMaker maker(random);
  WireOracle oracle;
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = maker.Event(25, /*hostile=*/true);
    ASSERT_EQ(oracle.Compare(bytes), "") << Hex(bytes);
    accepted += oracle.accepted();
  }
  EXPECT_GT(accepted, 2'000);
  EXPECT_LT(accepted, 19'000);
}

TEST(WireReaderDifferential, BrokenBytesAreRefusedAlike) {
  Random random(testing::TestSeed());
  WireMaker maker(random);
  WireOracle oracle;
  int accepted = 0;
  constexpr int kMessages = 200'000;
  for (int i = 0; i < kMessages; ++i) {
    std::string bytes = maker.Event(10);
    testing::Mutate(random, bytes);
    ASSERT_EQ(oracle.Compare(bytes), "") << Hex(bytes);
    accepted += oracle.accepted();
  }
  EXPECT_GT(accepted, kMessages / 50);
  EXPECT_LT(accepted, kMessages * 9 / 10);
}

TEST(WireReaderDifferential, MessagesCutAnywhereAreJudgedAlike) {
  Random random(testing::TestSeed());
  WireMaker maker(random);
  WireOracle oracle;
  for (int i = 0; i < 200; ++i) {
    const std::string bytes = maker.Event(12);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::string_view cut = std::string_view(bytes).substr(0, size);
      ASSERT_EQ(oracle.Compare(cut), "") << Hex(cut);
    }
  }
}

TEST(WireReaderDifferential, WhatTheGeneratedClassWritesIsReadBack) {
  Random random(testing::TestSeed());
  WireMaker maker(random);
  WireOracle oracle;
  v1::SendGridEvent event;
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(event.ParseFromString(maker.Event(25)));
    ASSERT_EQ(oracle.Compare(event.SerializeAsString()), "");
    ASSERT_TRUE(oracle.accepted());
  }
}

// Groups of an unknown field, one inside the other.
std::string Groups(int depth) {
  std::string bytes;
  for (int i = 0; i < depth; ++i) bytes += "\xA3\x06";
  for (int i = 0; i < depth; ++i) bytes += "\xA4\x06";
  return bytes;
}

TEST(WireReaderDifferential, GroupsHaveALimitJustBelowTheGeneratedOne) {
  WireOracle oracle;
  for (const int depth : {1, 2, 95, 96, 97, 99, 100, 101, 5'000, 100'000}) {
    EXPECT_EQ(oracle.Compare(Groups(depth)), "") << depth;
    EXPECT_EQ(oracle.accepted(), depth <= 96) << depth;
  }
}

}  // namespace
}  // namespace segrid::codec
