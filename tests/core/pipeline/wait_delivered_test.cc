// Forward that waits for the receivers.

#include <string>

#include "core/pipeline/settlement.h"
#include "gtest/gtest.h"
#include "tests/core/pipeline/pipeline_world.h"

namespace segrid::pipeline {
namespace {

TEST(WaitDelivered, AnswersWhenTheReceiversHaveIt) {
  World world({Named("a"), Named("b")});
  world.Deliver();
  const std::string body = Body({kOpen, kClick});
  const auto answer = world.Start(WaitingCallOf(body));
  EXPECT_FALSE(answer->has_value());
  world.executor().Advance(absl::Seconds(5));
  ASSERT_TRUE(answer->has_value());
  ASSERT_TRUE((*answer)->ok()) << (*answer)->status();
  EXPECT_EQ((**answer)->delivered, 4);
  EXPECT_EQ((**answer)->pending, 0);
  EXPECT_EQ((**answer)->dead_letters, 0);
}

TEST(WaitDelivered, AnswersAtTheDeadlineWithWhatIsPending) {
  World world({Named("a"), Named("b")});
  world.received(1).answer = {.verdict = receivers::Verdict::kRetry};
  world.Deliver();
  const std::string body = Body({kOpen, kClick});
  const auto answer =
      world.Start(WaitingCallOf(body, world.clock().Now() + absl::Seconds(30)));
  world.executor().Advance(absl::Seconds(29));
  EXPECT_FALSE(answer->has_value());
  world.executor().Advance(absl::Seconds(2));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((**answer)->delivered, 2);
  EXPECT_EQ((**answer)->pending, 2);
  EXPECT_EQ(world.Lane("b").pending, 2);
}

TEST(WaitDelivered, CountsDeadLetters) {
  config::Source source = Named("a");
  source.max_age = absl::Seconds(2);
  World world({source});
  world.received(0).answer = {.verdict = receivers::Verdict::kRetry};
  world.Deliver();
  const std::string body = Body({kOpen});
  const auto answer = world.Start(WaitingCallOf(body));
  world.executor().Advance(absl::Seconds(5));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((**answer)->dead_letters, 1);
  EXPECT_EQ((**answer)->delivered, 0);
}

TEST(WaitDelivered, AnswersAtOnceWithTheStateOfASourceThatIsHeld) {
  World world({Named("a"), Named("b")});
  world.received(1).answer = {.verdict = receivers::Verdict::kMisconfigured};
  world.Deliver();
  const std::string body = Body({kOpen, kClick});
  const auto answer = world.Start(WaitingCallOf(body));
  world.executor().Advance(absl::Seconds(1));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((**answer)->delivered, 2);
  EXPECT_EQ((**answer)->pending, 2);
  EXPECT_EQ((**answer)->sources[0].state, deliver::SourceState::kRunning);
  EXPECT_EQ((**answer)->sources[1].state, deliver::SourceState::kMisconfigured);
}

TEST(WaitDelivered, WithNothingNewAnswersAtOnce) {
  World world({Named("a")});
  const std::string body = Body({kOpen});
  ASSERT_TRUE(world.Forward(body).ok());
  for (const std::string& again : {body, std::string("[]")}) {
    const auto answer = world.Start(WaitingCallOf(again));
    ASSERT_TRUE(answer->has_value());
    EXPECT_EQ((**answer)->delivered + (**answer)->pending, 0);
  }
}

}  // namespace
}  // namespace segrid::pipeline
