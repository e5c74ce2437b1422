#include "bench/queue/append_load.h"

#include <atomic>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "simdjson.h"

namespace segrid::bench {
namespace {

TEST(ChunkMaker, MakesJsonWithIdsOfTheirOwn) {
  const ChunkMaker maker(10);
  std::set<std::string> ids;
  for (int caller = 0; caller < 3; ++caller) {
    for (int call = 0; call < 3; ++call) {
      const queue::Chunk chunk = maker.Make(caller, call);
      EXPECT_EQ(chunk.json.size(), maker.bytes());
      ASSERT_EQ(chunk.messages.size(), 10U);
      for (const queue::Message& message : chunk.messages) {
        EXPECT_EQ(message.size_bytes, 700U);
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

TEST(RunAppends, CountsEveryCallOfEveryCaller) {
  std::atomic<std::int64_t> calls = 0;
  const AppendRate rate =
      RunAppends({.callers = 4, .duration = absl::Milliseconds(5)},
                 [&](int, std::int64_t) {
                   ++calls;
                   return true;
                 });
  EXPECT_EQ(rate.calls, calls.load());
  EXPECT_EQ(rate.latency.count(), rate.calls);
  EXPECT_GE(rate.seconds, 0.005);
  EXPECT_FALSE(rate.failed);
}

TEST(RunAppends, TellsThatACallFailed) {
  const AppendRate rate =
      RunAppends({.callers = 2, .duration = absl::Seconds(60)},
                 [](int, std::int64_t call) { return call < 3; });
  EXPECT_TRUE(rate.failed);
  EXPECT_EQ(rate.calls, 8);
}

}  // namespace
}  // namespace segrid::bench
