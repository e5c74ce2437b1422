// Random and real bodies through the four ways of the transform.

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/testing/four_ways.h"
#include "tests/testing/json_maker.h"
#include "tests/testing/options_maker.h"
#include "tests/testing/random.h"

namespace segrid::pipeline {
namespace {

namespace fs = std::filesystem;
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
  EXPECT_GT(tracks, events / 4) << "the events say too little";
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

// Bodies of tests/data by name. A single object is put into an array.
std::map<std::string, std::string> RealBodies() {
  std::map<std::string, std::string> bodies;
  for (const char* folder : {"sendgrid", "bench"}) {
    const fs::path all = fs::path(SEGRID_SOURCE_DIR) / "tests/data" / folder;
    for (const auto& entry : fs::directory_iterator(all)) {
      if (entry.path().extension() != ".json") continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      std::string body = text.str();
      if (body.at(body.find_first_not_of(" \r\n\t")) == '{') {
        body = "[" + body + "]";
      }
      bodies[entry.path().filename().string()] = body;
    }
  }
  return bodies;
}

TEST(TransformBatchDifferential, FourWaysAgreeOnRealBodies) {
  FourWays ways;
  int with_tracks = 0;
  for (const auto& [name, body] : RealBodies()) {
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
