// 100,000 random events and many broken bodies through both engines of our
// reader and through simdjson's DOM.

#include <string>

#include "gtest/gtest.h"
#include "tests/testing/data_files.h"
#include "tests/testing/json_maker.h"
#include "tests/testing/json_oracle.h"
#include "tests/testing/random.h"

namespace segrid::codec {
namespace {

using testing::JsonMaker;
using testing::JsonOracle;
using testing::Random;

constexpr std::size_t kEvents = 100'000;

TEST(JsonReaderDifferential, RandomEventsAreEqualInEveryField) {
  Random random(testing::TestSeed());
  JsonMaker maker(random);
  JsonOracle oracle;
  for (std::size_t events = 0; events < kEvents;) {
    const std::string body = maker.Body(20);
    ASSERT_EQ(oracle.Compare(body), "") << body;
    ASSERT_TRUE(oracle.accepted()) << body;
    events += oracle.elements();
  }
}

TEST(JsonReaderDifferential, WildBodiesAreAcceptedByUs) {
  Random random(testing::TestSeed());
  JsonMaker maker(random);
  JsonOracle oracle;
  for (int i = 0; i < 3'000; ++i) {
    const std::string body = maker.Body(4, /*wild=*/true);
    ASSERT_EQ(oracle.Compare(body), "") << body;
    ASSERT_TRUE(oracle.accepted()) << body;
  }
}

TEST(JsonReaderDifferential, BrokenBodiesAreRefusedAlike) {
  Random random(testing::TestSeed());
  JsonMaker maker(random);
  JsonOracle oracle;
  int accepted = 0;
  constexpr int kBodies = 40'000;
  for (int i = 0; i < kBodies; ++i) {
    std::string body = maker.Body(3, random.OneIn(10));
    testing::Mutate(random, body);
    ASSERT_EQ(oracle.Compare(body), "") << body;
    accepted += oracle.accepted();
  }
  // Both verdicts must have been seen often, or the test says nothing.
  EXPECT_GT(accepted, kBodies / 50);
  EXPECT_LT(accepted, kBodies * 9 / 10);
}

TEST(JsonReaderDifferential, ABodyCutAnywhereIsAnError) {
  JsonOracle oracle;
  const std::string body = testing::ReadDataFile(
      "tests/data/sendgrid/sendgrid_nodejs_test_button_2018.json");
  ASSERT_EQ(oracle.Compare(body), "");
  ASSERT_TRUE(oracle.accepted());
  ASSERT_GT(oracle.elements(), 5u);
  const std::size_t end = body.find_last_of(']');
  for (std::size_t size = 0; size <= end; ++size) {
    const std::string_view cut = std::string_view(body).substr(0, size);
    ASSERT_EQ(oracle.Compare(cut), "") << size;
    ASSERT_FALSE(oracle.accepted()) << size;
  }
}

TEST(JsonReaderDifferential, EveryByteMayBeAnyByte) {
  JsonOracle oracle;
  const std::string body =
      R"([{"email":"a\n","category":["x",1],"pool":{"id":2},"z":-0.5e1,"w":null}])";
  for (std::size_t at = 0; at < body.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = body;
      changed[at] = static_cast<char>(byte);
      ASSERT_EQ(oracle.Compare(changed), "") << changed;
    }
  }
}

}  // namespace
}  // namespace segrid::codec
