#include "server/rpc/connection_loads.h"

#include "gtest/gtest.h"

namespace segrid::rpc {
namespace {

TEST(ConnectionLoad, HasNoFewerThanNoStreamsOpen) {
  struct Case {
    ConnectionLoad load;
    std::int64_t open;
  };
  const Case cases[] = {
      {{.streams_started = 5, .streams_answered = 2, .streams_failed = 1}, 2},
      {{.streams_started = 5, .streams_answered = 5}, 0},
      // The thread that read the counts had to wait between two of them. With
      // fewer than none, FloodWatch would grant fewer than no bytes and end the
      // connection of a client that does nothing wrong.
      {{.streams_started = 5, .streams_answered = 9}, 0},
      {{.streams_started = 5, .streams_answered = 4, .streams_failed = 3}, 0}};
  for (const Case& each : cases) {
    EXPECT_EQ(each.load.open_streams(), each.open);
  }
}

}  // namespace
}  // namespace segrid::rpc
