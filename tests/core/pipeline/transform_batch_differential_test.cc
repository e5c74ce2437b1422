// Random and real bodies through the four ways of the transform.

#include <string>

#include "gtest/gtest.h"
#include "tests/testing/data_files.h"
#include "tests/testing/four_ways.h"
#include "tests/testing/json_maker.h"
#include "tests/testing/options_maker.h"
#include "tests/testing/random.h"

namespace segrid::pipeline {
namespace {

using testing::FourWays;
using testing::JsonMaker;
using testing::Random;

TEST(TransformBatchDifferential, FourWaysAgreeOnRandomEvents) {
  Random random(testing::TestSeed());
  JsonMaker maker(random);
  FourWays ways;
  std::int64_t tracks = 0;
  std::int64_t events = 0;
  while (events < 60'000) {
    const std::string body = maker.Body(20, random.OneIn(10));
    ASSERT_EQ(ways.Compare(body, testing::RandomOptions(random)), "") << body;
    ASSERT_TRUE(ways.ok()) << body;
    events += ways.counts().events;
    tracks += ways.counts().tracks;
  }
  EXPECT_GT(tracks, events / 5) << "the events say too little";
}

TEST(TransformBatchDifferential, FourWaysAgreeOnBrokenBodies) {
  Random random(testing::TestSeed());
  JsonMaker maker(random);
  FourWays ways;
  for (int i = 0; i < 20'000; ++i) {
    std::string body = maker.Body(3);
    testing::Mutate(random, body);
    ASSERT_EQ(ways.Compare(body, testing::RandomOptions(random)), "") << body;
  }
}

TEST(TransformBatchDifferential, FourWaysAgreeOnRealBodies) {
  FourWays ways;
  int with_tracks = 0;
  for (const auto& [name, body] : testing::RealBodies()) {
    for (const auto& options :
         {transform::Options(), testing::EverythingSelected()}) {
      EXPECT_EQ(ways.Compare(body, options), "") << name;
      with_tracks += ways.ok() && ways.counts().tracks > 0;
    }
  }
  EXPECT_GT(with_tracks, 60);
}

}  // namespace
}  // namespace segrid::pipeline
