#include <cstdint>
#include <vector>

#include "bench/load/run.h"
#include "bench/stats/codes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/bench/load/counting_bridge.h"
#include "tests/client/fake_server.h"

namespace segrid::bench {
namespace {

using ::testing::HasSubstr;

RunOptions Options(const tests::FakeServer& server, Method method) {
  RunOptions options;
  options.target.address = server.address();
  options.payload.method = method;
  options.payload.input = Input::kTyped;
  options.payload.batch = 3;
  options.warmup = absl::ZeroDuration();
  options.count = 400;
  options.concurrency = 8;
  options.connections = 2;
  return options;
}

RunResult Measured(const RunOptions& options) {
  auto result = bench::Run(options);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : RunResult();
}

class RunTest : public ::testing::TestWithParam<Method> {};

TEST_P(RunTest, CountsEveryCallOnce) {
  CountingBridge bridge;
  const tests::FakeServer server(bridge);
  const RunResult result = Measured(Options(server, GetParam()));
  EXPECT_EQ(bridge.calls(), 400);
  EXPECT_EQ(result.total.successes(), 400);
  EXPECT_EQ(result.total.errors(), 0) << result.first_error;
  EXPECT_EQ(result.total.events, 1200);
  EXPECT_EQ(result.total.latency.count(), 400);
  EXPECT_GT(result.total.latency.min(), 0);
  EXPECT_GT(result.total.request_bytes, 1200 * 300);
  EXPECT_GT(result.total.response_bytes, 400);
  EXPECT_GT(result.elapsed_seconds, 0);
  std::int64_t in_slices = 0;
  for (const Slice& slice : result.slices) in_slices += slice.calls;
  EXPECT_EQ(in_slices, 400);
}

TEST_P(RunTest, AnErrorIsNeverASuccess) {
  CountingBridge bridge;
  bridge.fail_every = 4;
  const tests::FakeServer server(bridge);
  const RunResult result = Measured(Options(server, GetParam()));
  EXPECT_EQ(result.total.calls(), 400);
  EXPECT_EQ(result.total.codes[8], 100);  // RESOURCE_EXHAUSTED
  EXPECT_EQ(result.total.successes(), 300);
  EXPECT_EQ(result.total.latency.count(), 300);
  EXPECT_EQ(result.total.events, 900);
  EXPECT_EQ(result.first_error, "RESOURCE_EXHAUSTED: on purpose");
}

TEST_P(RunTest, NoticesAnswersThatDoNotAddUp) {
  CountingBridge bridge;
  bridge.lie = 1;
  const tests::FakeServer server(bridge);
  const RunResult result = Measured(Options(server, GetParam()));
  // The first of each connection, and one of every 256.
  EXPECT_GE(result.total.codes[kBadAnswer], 2);
  EXPECT_THAT(result.first_error, HasSubstr("sent 3 events"));
}

TEST_P(RunTest, KeepsToARateAndCountsPerStep) {
  CountingBridge bridge;
  const tests::FakeServer server(bridge);
  RunOptions options = Options(server, GetParam());
  options.count = 0;
  options.concurrency = 0;
  options.rates = {200, 400};
  options.duration = absl::Milliseconds(500);
  const RunResult result = Measured(options);
  ASSERT_EQ(result.steps.size(), 2U);
  EXPECT_EQ(result.steps[0].tally.calls(), 50);
  EXPECT_EQ(result.steps[1].tally.calls(), 100);
  EXPECT_EQ(result.total.successes(), 150);
  EXPECT_EQ(bridge.calls(), 150);
  EXPECT_GE(result.elapsed_seconds, 0.5);
}

TEST_P(RunTest, LeavesTheWarmUpOut) {
  CountingBridge bridge;
  const tests::FakeServer server(bridge);
  RunOptions options = Options(server, GetParam());
  options.warmup = absl::Milliseconds(100);
  options.count = 50;
  const RunResult result = Measured(options);
  EXPECT_GT(bridge.calls(), result.total.calls());
  EXPECT_EQ(result.total.calls(), 50);
}

INSTANTIATE_TEST_SUITE_P(Methods, RunTest,
                         ::testing::Values(Method::kTransform,
                                           Method::kTransformStream),
                         [](const auto& row) {
                           return row.param == Method::kTransform ? "Unary"
                                                                  : "Stream";
                         });

TEST(Run, HidesNoStallFromTheCallsThatWereMeantToStartMeanwhile) {
  // A stream answers one message after the other; the first takes 200 ms.
  // Twenty were meant to start meanwhile: the tenth of them waited 100 ms.
  CountingBridge bridge;
  bridge.stall = absl::Milliseconds(200);
  const tests::FakeServer server(bridge);
  RunOptions options = Options(server, Method::kTransformStream);
  options.connections = 1;
  options.count = 0;
  options.concurrency = 0;
  options.rates = {100};
  options.duration = absl::Milliseconds(400);
  const RunResult result = Measured(options);
  EXPECT_EQ(result.total.successes(), 40);
  EXPECT_GT(result.total.latency.Percentile(75), 90'000'000);
  EXPECT_GT(result.total.latency.max(), 190'000'000);
}

TEST(Run, CountsWhatABrokenStreamOwesAndOpensItAgain) {
  CountingBridge bridge;
  bridge.end_stream_after = 100;
  bridge.failure = grpc::StatusCode::ABORTED;
  const tests::FakeServer server(bridge);
  RunOptions options = Options(server, Method::kTransformStream);
  options.connections = 1;
  const RunResult result = Measured(options);
  EXPECT_EQ(result.total.calls(), 400);
  EXPECT_GE(result.total.codes[10], 1);  // ABORTED
  EXPECT_GE(result.total.successes(), 300);
  EXPECT_EQ(result.first_error, "ABORTED: ended on purpose");
}

TEST(Run, MeasuresTheProcessThatListens) {
  CountingBridge bridge;
  const tests::FakeServer server(bridge);
  const RunResult result = Measured(Options(server, Method::kTransform));
  ASSERT_TRUE(result.server.has_value());
  EXPECT_GT(result.server->rss_bytes, 1 << 20);
  EXPECT_GT(result.client.cpu_seconds, 0);
}

TEST(Run, SaysWhenNobodyIsThere) {
  RunOptions options;
  options.target.address = "unix:/nonexistent/segrid.sock";
  options.connect_timeout = absl::Milliseconds(50);
  const auto result = bench::Run(options);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(result.status().message()),
              HasSubstr("/nonexistent/segrid.sock"));
}

TEST(Run, ShowsProgressWithEachSlice) {
  CountingBridge bridge;
  const tests::FakeServer server(bridge);
  RunOptions options = Options(server, Method::kTransform);
  options.count = 0;
  options.duration = absl::Milliseconds(400);
  std::vector<double> seconds;
  const auto result = bench::Run(options, [&](const Progress& progress) {
    seconds.push_back(progress.seconds);
    EXPECT_DOUBLE_EQ(progress.total_seconds, 0.4);
  });
  ASSERT_TRUE(result.ok());
  EXPECT_GE(seconds.size(), 2U);
}

TEST(RunOptions, NamesTheFirstFieldThatIsWrong) {
  struct Case {
    const char* name;
    void (*spoil)(RunOptions&);
  };
  const Case kCases[] = {
      {"connections", [](RunOptions& o) { o.connections = 0; }},
      {"streams", [](RunOptions& o) { o.streams = 1001; }},
      {"concurrency", [](RunOptions& o) { o.concurrency = -1; }},
      {"batch", [](RunOptions& o) { o.payload.batch = 2'000'000; }},
      {"duration", [](RunOptions& o) { o.duration = absl::ZeroDuration(); }},
      {"timeout", [](RunOptions& o) { o.timeout = absl::ZeroDuration(); }},
      {"rate", [](RunOptions& o) { o.rates = {0}; }},
      {"count",
       [](RunOptions& o) {
         o.rates = {1};
         o.count = 1;
       }},
  };
  EXPECT_TRUE(RunOptions().Validate().ok());
  for (const Case& row : kCases) {
    RunOptions options;
    row.spoil(options);
    EXPECT_THAT(std::string(options.Validate().message()), HasSubstr(row.name));
  }
}

}  // namespace
}  // namespace segrid::bench
