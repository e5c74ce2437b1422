#include "bench/load/event_generator.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "bench/load/event_json.h"
#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

// FNV-1a.
std::uint64_t HashOf(const std::string& text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return hash;
}

std::string Day(std::uint64_t seed, int events) {
  EventGenerator generator(seed);
  std::string text;
  for (int i = 0; i < events; ++i) {
    text += EventToJson(generator.Next()) + "\n";
  }
  return text;
}

TEST(EventGenerator, GivesTheSameEventsForTheSameSeed) {
  EXPECT_EQ(Day(1, 200), Day(1, 200));
  EXPECT_NE(Day(1, 200), Day(2, 200));
}

TEST(EventGenerator, GivesTheSameEventsOnEveryMachine) {
  // FNV-1a of our own JSON, keys in the order of the proto: no library has a
  // say in it. Results of different versions compare only while this stays.
  EXPECT_EQ(HashOf(Day(1, 1000)), 17'366'080'620'713'960'572U);
}

TEST(EventGenerator, MakesEveryTypeWithItsShare) {
  EventGenerator generator(3);
  std::map<std::string, int> counts;
  std::set<std::string> ids;
  std::set<std::string> products;
  for (int i = 0; i < 10'000; ++i) {
    const auto event = generator.Next();
    ++counts[event.event()];
    ids.insert(event.sg_event_id());
    products.insert(event.mc_stats());
    EXPECT_FALSE(event.email().empty());
    EXPECT_GT(event.timestamp(), 0);
  }
  EXPECT_EQ(counts.size(), 11U);
  EXPECT_NEAR(counts["open"], 3300, 300);
  EXPECT_NEAR(counts["spamreport"], 150, 60);
  EXPECT_EQ(ids.size(), 10'000U);
  EXPECT_EQ(products, (std::set<std::string>{"", "automation", "singlesend"}));
}

TEST(EventGenerator, MakesEventsOfRealSize) {
  const double bytes = static_cast<double>(Day(1, 1000).size()) / 1000;
  EXPECT_GT(bytes, 600);
  EXPECT_LT(bytes, 1000);
}

}  // namespace
}  // namespace segrid::bench
