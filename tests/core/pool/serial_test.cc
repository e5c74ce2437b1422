#include "core/pool/serial.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace segrid::pool {
namespace {

// Runs tasks when the test says so.
class ManualExecutor final : public Executor {
 public:
  void Post(std::function<void()> task) override {
    tasks_.push_back(std::move(task));
  }
  std::unique_ptr<Timer> After(absl::Duration, std::function<void()>) override {
    return nullptr;
  }

  // Runs the oldest task; false without one.
  bool RunOne() {
    if (tasks_.empty()) return false;
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
    return true;
  }

 private:
  std::deque<std::function<void()>> tasks_;
};

class SerialTest : public ::testing::Test {
 protected:
  std::function<void()> Note(char name) {
    return [this, name] { ran_ += name; };
  }

  ManualExecutor executor_;
  Serial serial_{executor_};
  std::string ran_;
};

TEST_F(SerialTest, RunsTasksInTheirOrder) {
  for (const char name : {'a', 'b', 'c'}) serial_.Post(Note(name));
  EXPECT_EQ(ran_, "");
  while (executor_.RunOne()) {
  }
  EXPECT_EQ(ran_, "abc");
  serial_.Post(Note('d'));
  EXPECT_TRUE(executor_.RunOne());
  EXPECT_EQ(ran_, "abcd");
}

TEST_F(SerialTest, RunsWhatATaskPostsAfterIt) {
  serial_.Post([this] {
    serial_.Post(Note('b'));
    Note('a')();
  });
  while (executor_.RunOne()) {
  }
  EXPECT_EQ(ran_, "ab");
}

TEST_F(SerialTest, LeavesTheThreadToOthersNowAndThen) {
  for (int i = 0; i < 40; ++i) serial_.Post(Note('x'));
  executor_.Post(Note('o'));
  EXPECT_TRUE(executor_.RunOne());
  EXPECT_LT(ran_.size(), 40u);
  EXPECT_TRUE(executor_.RunOne());
  EXPECT_EQ(ran_.back(), 'o');
  while (executor_.RunOne()) {
  }
  EXPECT_EQ(ran_.size(), 41u);
}

TEST_F(SerialTest, AbandonedRunsNothingMore) {
  serial_.Post(Note('a'));
  serial_.Abandon();
  serial_.Post(Note('b'));
  while (executor_.RunOne()) {
  }
  EXPECT_EQ(ran_, "");
}

TEST_F(SerialTest, AbandonedLetsGoOfAnOwnerThatItsTaskKeeps) {
  struct Owner {
    explicit Owner(Executor& executor) : serial(executor) {}
    Serial serial;
  };
  auto owner = std::make_shared<Owner>(executor_);
  const std::weak_ptr<Owner> watched = owner;
  owner->serial.Post([owner] {});
  Owner& kept = *std::exchange(owner, nullptr);
  EXPECT_FALSE(watched.expired());
  kept.serial.Abandon();
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace segrid::pool
