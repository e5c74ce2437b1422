#include "core/pool/thread_pool.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "core/base/error_info.h"
#include "core/pool/serial.h"
#include "gtest/gtest.h"

namespace segrid::pool {
namespace {

std::unique_ptr<ThreadPool> Pool(int threads) {
  auto pool = ThreadPool::Create(threads);
  EXPECT_TRUE(pool.ok()) << pool.status();
  return *std::move(pool);
}

TEST(ThreadPool, RefusesSillySizes) {
  for (const int threads : {-1, 0, 257}) {
    const auto pool = ThreadPool::Create(threads);
    EXPECT_EQ(base::ReasonOf(pool.status()), "BAD_OPTION") << threads;
  }
}

TEST(ThreadPool, RunsTasksInItsOwnThreads) {
  const auto pool = Pool(1);
  absl::Notification done;
  std::thread::id seen;
  pool->Post([&] {
    seen = std::this_thread::get_id();
    done.Notify();
  });
  done.WaitForNotification();
  EXPECT_NE(seen, std::this_thread::get_id());
}

TEST(ThreadPool, RunsATimerAndNotACancelledOne) {
  const auto pool = Pool(1);
  absl::Notification done;
  std::atomic<bool> cancelled_ran = false;
  auto cancelled =
      pool->After(absl::Milliseconds(1), [&] { cancelled_ran = true; });
  cancelled.reset();
  const auto timer = pool->After(absl::Milliseconds(5), [&] { done.Notify(); });
  done.WaitForNotification();
  EXPECT_FALSE(cancelled_ran);
}

TEST(ThreadPool, StopDropsWhatHasNotBegun) {
  auto pool = Pool(1);
  const auto held = std::make_shared<int>(1);
  pool->Stop();
  pool->Post([held] { FAIL() << "ran after Stop"; });
  EXPECT_EQ(held.use_count(), 2);
  pool.reset();
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Serial, KeepsTheOrderAndNeverRunsTwoAtOnce) {
  constexpr int kTasks = 2'000;
  const auto pool = Pool(4);
  Serial serial(*pool);
  std::vector<int> order;  // Without a lock: TSan is the judge.
  absl::BlockingCounter left(kTasks);
  for (int i = 0; i < kTasks; ++i) {
    serial.Post([&, i] {
      order.push_back(i);
      left.DecrementCount();
    });
  }
  left.Wait();
  ASSERT_EQ(order.size(), kTasks);
  for (int i = 0; i < kTasks; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(Serial, LetsOthersHaveTheirTurn) {
  const auto pool = Pool(1);
  Serial busy(*pool);
  absl::Notification other_ran;
  absl::Notification stopped;
  std::function<void()> again = [&] {
    if (other_ran.HasBeenNotified()) {
      stopped.Notify();
    } else {
      busy.Post(again);
    }
  };
  busy.Post(again);
  Serial other(*pool);
  other.Post([&] { other_ran.Notify(); });
  EXPECT_TRUE(stopped.WaitForNotificationWithTimeout(absl::Seconds(30)));
  pool->Stop();  // Tasks use what stands here.
}

}  // namespace
}  // namespace segrid::pool
