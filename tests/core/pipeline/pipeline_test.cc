// Transform and Forward through the whole pipeline.

#include "core/pipeline/pipeline.h"

#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "core/config/source_tag.h"
#include "gmock/gmock.h"
#include "tests/core/pipeline/pipeline_world.h"

namespace segrid::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using transform::Reason;

std::string CountsOf(const SourceResult& source) {
  return source.source + ": " + std::to_string(source.accepted) +
         " accepted, " + std::to_string(source.duplicate) + " duplicate, " +
         std::to_string(source.skipped) + " skipped, " +
         std::to_string(source.rejected) + " rejected";
}

TEST(Pipeline, TransformUsesTheSettingsOfItsSource) {
  World world({Named("a", {"open"}), Named("b", {"click"})});
  const std::string body = Body({kOpen, kClick});
  TransformResult result;
  for (const auto& [source, tracks, tagged] :
       std::vector<std::tuple<std::string, int, std::string>>{
           {"", 2, "\"messageId\":\"open1\""},
           {"a", 1, "\"messageId\":\"open1-" + config::TagOf("a") + "\""},
           {"b", 1, "\"messageId\":\"click1-" + config::TagOf("b") + "\""}}) {
    ASSERT_TRUE(world.pipeline()
                    .Transform(Json(body), source, Output::kBatchJson, result)
                    .ok());
    EXPECT_EQ(result.counts.tracks, tracks) << source;
    EXPECT_THAT(std::string(result.output.view()), HasSubstr(tagged));
  }
  EXPECT_THAT(world.pipeline().sources(), ElementsAre("a", "b"));
}

TEST(Pipeline, TransformRefusesUnknownSourcesAndTooManyEvents) {
  World world({Named("a")});
  TransformResult result;
  absl::Status status =
      world.pipeline().Transform(Json("[]"), "nobody", Output::kTracks, result);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(base::ReasonOf(status), "UNKNOWN_SOURCE");
  status = world.pipeline().Transform(Json("[1,1,1,1,1,1,1,1,1,1,1]"), "a",
                                      Output::kTracks, result);
  EXPECT_EQ(base::ReasonOf(status), "TOO_MANY_EVENTS");
}

TEST(Pipeline, TellsOfEachBatchOnceAndOfTheSourceItWasFor) {
  World world({Named("a", {"open"}), Named("b", {"open", "click"})},
              {.max_bytes = 1'000});
  const std::string body = Body({kOpen, kClick});
  TransformResult result;
  for (const char* const source : {"", "a", "b"}) {
    ASSERT_TRUE(world.pipeline()
                    .Transform(Json(body), source, Output::kTracks, result)
                    .ok());
  }
  ASSERT_TRUE(world.Forward(body).ok());
  ASSERT_TRUE(world.Forward(body, {"b"}).ok());
  const auto all = ElementsAre(
      "transform '': 2 of 2, 0 issues", "transform 'a': 1 of 2, 1 issues",
      "transform 'b': 2 of 2, 0 issues", "forward: 2 to 2 sources",
      "forward: 2 to 1 sources");
  EXPECT_THAT(world.heard(), all);
  // Nothing of what is refused.
  EXPECT_FALSE(
      world.pipeline().Transform(Json("["), "a", Output::kTracks, result).ok());
  std::string large = "[";
  for (int i = 0; i < 10; ++i) {
    absl::StrAppend(&large, i == 0 ? "" : ",",
                    R"({"event":"open","email":"a@b.c","timestamp":1,)",
                    R"("sg_event_id":"large)", i, "\"}");
  }
  EXPECT_EQ(base::ReasonOf(world.Forward(large + "]").status()), "QUEUE_FULL");
  EXPECT_THAT(world.heard(), all);
}

TEST(Pipeline, ForwardCountsForEachSource) {
  World world({Named("a", {"open"}), Named("b", {"open", "click"})});
  const std::string body =
      Body({kOpen, kClick, "7", R"({"event":"open"})", kOpen});
  const auto result = world.Forward(body);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->events, 5);
  ASSERT_EQ(result->sources.size(), 2u);
  EXPECT_EQ(CountsOf(result->sources[0]),
            "a: 1 accepted, 1 duplicate, 1 skipped, 2 rejected");
  EXPECT_EQ(CountsOf(result->sources[1]),
            "b: 2 accepted, 1 duplicate, 0 skipped, 2 rejected");
  ASSERT_EQ(result->issues.size(), 3u);
  EXPECT_EQ(result->issues[0].index, 1);
  EXPECT_EQ(result->issues[0].reason, Reason::kEventNotSelected);
  EXPECT_EQ(result->issues[0].source, 0);
  EXPECT_EQ(result->issues[1].reason, Reason::kNotAnObject);
  EXPECT_EQ(result->issues[1].source, -1);
  EXPECT_EQ(result->issues[2].reason, Reason::kMissingEmail);
  EXPECT_EQ(world.Lane("a").accepted, 1);
  EXPECT_EQ(world.Lane("b").accepted, 2);
}

TEST(Pipeline, ARepeatedCallIsAllDuplicates) {
  World world({Named("a")});
  const std::string body = Body({kOpen, kClick});
  EXPECT_EQ(CountsOf(world.Forward(body)->sources[0]),
            "a: 2 accepted, 0 duplicate, 0 skipped, 0 rejected");
  EXPECT_EQ(CountsOf(world.Forward(body)->sources[0]),
            "a: 0 accepted, 2 duplicate, 0 skipped, 0 rejected");
  EXPECT_EQ(world.Lane("a").pending, 2);
}

TEST(Pipeline, ForwardGoesToTheNamedSourcesOnceAndInTheirOrder) {
  World world({Named("a"), Named("b"), Named("c")});
  const auto result = world.Forward(Body({kOpen}), {"c", "a", "c"});
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->sources.size(), 2u);
  EXPECT_EQ(result->sources[0].source, "c");
  EXPECT_EQ(result->sources[1].source, "a");
  EXPECT_EQ(world.Lane("b").accepted, 0);
}

TEST(Pipeline, AnUnknownSourceQueuesNothing) {
  World world({Named("a")});
  const auto result = world.Forward(Body({kOpen}), {"a", "nobody"});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(base::ReasonOf(result.status()), "UNKNOWN_SOURCE");
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("sources[1]"));
  EXPECT_EQ(world.Lane("a").accepted, 0);
}

TEST(Pipeline, WithoutSourcesForwardFails) {
  World world({});
  const auto result = world.Forward(Body({kOpen}));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(base::ReasonOf(result.status()), "NO_SOURCES");
}

TEST(Pipeline, ABodyThatTurnsBadQueuesNothing) {
  World world({Named("a")});
  const auto result = world.Forward("[" + std::string(kOpen) + ",{]");
  EXPECT_EQ(base::ReasonOf(result.status()), "INVALID_JSON");
  EXPECT_EQ(world.Lane("a").accepted, 0);
}

TEST(Pipeline, AFullQueueIsAnErrorAndNothingIsQueued) {
  World world({Named("a"), Named("b")}, {.max_lane_bytes = 10});
  const auto result = world.Forward(Body({kOpen}));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::ReasonOf(result.status()), "QUEUE_FULL");
  EXPECT_TRUE(base::RetryDelayOf(result.status()).has_value());
  EXPECT_EQ(world.Lane("a").accepted, 0);
}

TEST(Pipeline, TheReceiverGetsWhatTransformGives) {
  World world({Named("a")});
  world.Deliver();
  const std::string body = Body({kOpen, kClick});
  ASSERT_TRUE(world.Forward(body).ok());
  world.executor().Advance(absl::Seconds(5));
  TransformResult result;
  ASSERT_TRUE(world.pipeline()
                  .Transform(Json(body), "a", Output::kBatchJson, result)
                  .ok());
  ASSERT_EQ(world.received(0).tracks.size(), 2u);
  EXPECT_EQ("{\"batch\":[" + world.received(0).tracks[0] + "," +
                world.received(0).tracks[1] + "]}",
            result.output.view());
}

TEST(Pipeline, ManyThreadsTransformAndForwardAtOnce) {
  World world({Named("a"), Named("b", {"open"})});
  const std::string body = Body({kOpen, kClick});
  TransformResult expected;
  ASSERT_TRUE(world.pipeline()
                  .Transform(Json(body), "a", Output::kBatchJson, expected)
                  .ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&world, &body, &expected] {
      TransformResult result;
      for (int round = 0; round < 200; ++round) {
        EXPECT_TRUE(world.pipeline()
                        .Transform(Json(body), "a", Output::kBatchJson, result)
                        .ok());
        EXPECT_EQ(result.output.view(), expected.output.view());
        world.pipeline().Forward(
            CallOf(body), [](absl::StatusOr<ForwardResult> answer) {
              EXPECT_TRUE(answer.ok());
              EXPECT_EQ(
                  answer->sources[0].accepted + answer->sources[0].duplicate,
                  2);
            });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(world.Lane("a").accepted, 2);
  EXPECT_EQ(world.Lane("a").duplicates, 2 * 4 * 200 - 2);
}

}  // namespace
}  // namespace segrid::pipeline
