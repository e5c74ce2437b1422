// What receivers hear of traced calls: looked at where it arrives.

#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/deliver/simulated_delivery.h"

namespace segrid::deliver {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Reply;

base::TraceParent TraceOf(char digit, bool sampled = true) {
  return *base::ParseTraceParent(absl::StrCat("00-", std::string(32, digit),
                                              "-", std::string(16, digit),
                                              sampled ? "-01" : "-00"));
}

// Appends messages that a call brings which may be traced.
void Append(SimulatedDelivery& delivery, const std::vector<std::string>& ids,
            std::optional<base::TraceParent> trace) {
  queue::Chunk chunk = testing::ChunkOf("prod", ids);
  chunk.trace = trace;
  ASSERT_TRUE(delivery.calls.Append({std::move(chunk)}).ok());
}

// The first digits of the traces that arrived, or "" without one.
std::vector<std::string> Traces(NotingServer& server) {
  std::vector<std::string> traces;
  for (const testing::Seen& seen : server.server().seen()) {
    const std::string header = seen.Header("traceparent");
    const auto trace = base::ParseTraceParent(header);
    EXPECT_TRUE(header.empty() || trace.has_value()) << header;
    traces.push_back(trace.has_value()
                         ? base::TraceIdText(*trace).substr(0, 1) +
                               (trace->sampled ? "+" : "-")
                         : "");
  }
  return traces;
}

// The header of one batch that has the messages of all `calls`.
std::string HeaderOfABatch(
    const std::vector<std::optional<base::TraceParent>>& calls) {
  SimulatedDelivery delivery;
  NotingServer server(delivery);
  delivery.AddSource(server, {.name = "prod"});
  for (std::size_t i = 0; i < calls.size(); ++i) {
    Append(delivery, {absl::StrCat("m", i, "a"), absl::StrCat("m", i, "b")},
           calls[i]);
  }
  delivery.Start();
  const std::vector<std::string> traces = Traces(server);
  EXPECT_EQ(traces.size(), 1u);
  return traces.at(0);
}

TEST(Trace, IsThatOfTheNewestCallAndASampledOneBeforeTheOthers) {
  const auto no = std::optional<base::TraceParent>();
  EXPECT_EQ(HeaderOfABatch({no}), "");
  EXPECT_EQ(HeaderOfABatch({TraceOf('a')}), "a+");
  EXPECT_EQ(HeaderOfABatch({no, TraceOf('a', false), no}), "a-");
  EXPECT_EQ(HeaderOfABatch({TraceOf('a'), TraceOf('b')}), "b+");
  EXPECT_EQ(HeaderOfABatch({TraceOf('a'), TraceOf('b', false)}), "a+");
  EXPECT_EQ(HeaderOfABatch({TraceOf('a', false), TraceOf('b', false)}), "b-");
}

TEST(Trace, StaysTheSameInEveryTryWithASpanOfItsOwn) {
  SimulatedDelivery delivery;
  int tries = 0;
  NotingServer server(delivery, [&tries](const Arrival&) {
    return Reply{.status = ++tries < 3 ? 503 : 200};
  });
  delivery.AddSource(server, {.name = "prod"});
  const base::TraceParent trace = TraceOf('a');
  Append(delivery, {"m0"}, trace);
  delivery.Start();
  delivery.executor.Advance(absl::Minutes(1));
  EXPECT_THAT(Traces(server), ElementsAre("a+", "a+", "a+"));
  std::set<std::string> headers;
  for (const testing::Seen& seen : server.server().seen()) {
    headers.insert(seen.Header("traceparent"));
  }
  EXPECT_EQ(headers.size(), 3u);
  EXPECT_EQ(headers.count(base::ToHeader(trace)), 0u);
}

TEST(Trace, GoesWithItsState) {
  SimulatedDelivery delivery;
  NotingServer server(delivery);
  delivery.AddSource(server, {.name = "prod"});
  base::TraceParent trace = TraceOf('a');
  trace.state = "rojo=1,congo=2";
  Append(delivery, {"m0"}, trace);
  delivery.Start();
  ASSERT_EQ(server.server().seen().size(), 1u);
  EXPECT_EQ(server.server().seen()[0].Header("tracestate"), "rojo=1,congo=2");
}

TEST(Trace, OfASplitBatchIsThatOfThePart) {
  SimulatedDelivery delivery;
  NotingServer server(delivery, [](const Arrival& arrival) {
    return Reply{.status = arrival.ids.size() > 1 ? 413 : 200};
  });
  delivery.AddSource(server, {.name = "prod"});
  Append(delivery, {"m0"}, TraceOf('a'));
  Append(delivery, {"m1"}, std::nullopt);
  Append(delivery, {"m2"}, TraceOf('c'));
  delivery.Start();
  std::vector<std::string> alone;
  const std::vector<Arrival> arrivals = server.arrivals();
  const std::vector<std::string> traces = Traces(server);
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    if (arrivals[i].ids.size() == 1) {
      alone.push_back(arrivals[i].ids[0] + traces[i]);
    }
  }
  EXPECT_THAT(alone, ElementsAre("m0a+", "m1", "m2c+"));
}

}  // namespace
}  // namespace segrid::deliver
