#include "bench/queue/chunk_maker.h"

#include <set>
#include <string>

#include "gtest/gtest.h"
#include "simdjson.h"

namespace segrid::bench {
namespace {

TEST(ChunkMaker, MakesTracksWithIdsOfTheirOwn) {
  const ChunkMaker maker(10);
  std::set<std::string> ids;
  for (int caller = 0; caller < 3; ++caller) {
    for (int call = 0; call < 3; ++call) {
      const queue::Chunk chunk = maker.Make(caller, call);
      ASSERT_EQ(chunk.messages.size(), 10U);
      for (const queue::Message& message : chunk.messages) {
        const std::string id(chunk.id(message));
        ids.insert(id);
        simdjson::dom::parser parser;
        const std::string track(chunk.track(message));
        EXPECT_EQ(std::string_view(parser.parse(track)["messageId"]), id);
      }
    }
  }
  EXPECT_EQ(ids.size(), 90U);
}

TEST(ChunkMaker, VariesWhatItMakes) {
  const ChunkMaker maker(1);
  std::set<std::string> people;
  for (int call = 0; call < 100; ++call) {
    const queue::Chunk chunk = maker.Make(0, call);
    simdjson::dom::parser parser;
    people.emplace(std::string_view(
        parser.parse(std::string(chunk.json.view()))["anonymousId"]));
  }
  EXPECT_GT(people.size(), 95U);
  EXPECT_GT(maker.mean_bytes(), 600);
  EXPECT_LT(maker.mean_bytes(), 800);
}

}  // namespace
}  // namespace segrid::bench
