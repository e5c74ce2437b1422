#include "core/http/time_limit.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "boost/asio/io_context.hpp"
#include "gtest/gtest.h"

namespace segrid::http {
namespace {

using Clock = std::chrono::steady_clock;

class TimeLimitTest : public ::testing::Test {
 protected:
  TimeLimitTest() : limit_(io_.get_executor()) {}

  // Sets it, and notes `name` when it passes.
  void Set(int milliseconds, char name) {
    limit_->Set(absl::Milliseconds(milliseconds),
                [this, name] { passed_ += name; });
  }

  boost::asio::io_context io_;
  std::optional<TimeLimit> limit_;
  std::string passed_;
};

TEST_F(TimeLimitTest, PassesOnce) {
  const Clock::time_point begin = Clock::now();
  Set(20, 'a');
  io_.run();
  EXPECT_EQ(passed_, "a");
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(20));
  EXPECT_FALSE(limit_->Clear());
}

TEST_F(TimeLimitTest, MovedLaterDoesNotPassEarly) {
  const Clock::time_point begin = Clock::now();
  Set(1, 'a');
  Set(40, 'b');
  io_.run();
  EXPECT_EQ(passed_, "b");
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(40));
}

TEST_F(TimeLimitTest, MovedEarlierPassesEarly) {
  const Clock::time_point begin = Clock::now();
  Set(60'000, 'a');
  Set(1, 'b');
  io_.run();
  EXPECT_EQ(passed_, "b");
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(30));
}

TEST_F(TimeLimitTest, ClearedDoesNotPass) {
  Set(1, 'a');
  EXPECT_TRUE(limit_->Clear());
  EXPECT_FALSE(limit_->Clear());
  io_.run();
  EXPECT_EQ(passed_, "");
  // It may be used again.
  Set(1, 'b');
  io_.restart();
  io_.run();
  EXPECT_EQ(passed_, "b");
}

TEST_F(TimeLimitTest, SetWithinItsOwnFunctionPassesAgain) {
  limit_->Set(absl::Milliseconds(1), [this] { Set(1, 'b'); });
  io_.run();
  EXPECT_EQ(passed_, "b");
}

TEST_F(TimeLimitTest, ClearedThenSetForAnEarlierTimePassesOnceOnly) {
  Set(30, 'a');
  limit_->Clear();
  Set(1, 'b');
  Set(5, 'c');
  io_.run();
  EXPECT_EQ(passed_, "c");
}

TEST_F(TimeLimitTest, DestroyedDoesNotPass) {
  Set(1, 'a');
  limit_.reset();
  io_.run();
  EXPECT_EQ(passed_, "");
}

// What waits may own the limit: a request its connection.
TEST(TimeLimit, IsDroppedWithItsExecutor) {
  auto io = std::make_unique<boost::asio::io_context>();
  auto owner = std::make_shared<TimeLimit>(io->get_executor());
  const std::weak_ptr<TimeLimit> watched = owner;
  owner->Set(absl::Hours(1), [owner] {});
  owner.reset();
  EXPECT_FALSE(watched.expired());
  io.reset();
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace segrid::http
