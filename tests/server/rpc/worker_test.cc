#include "server/rpc/worker.h"

#include <pthread.h>

#include <array>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace segrid::rpc {
namespace {

TEST(Worker, RunsAllTasksInOrderBeforeItGoes) {
  std::vector<int> ran;
  {
    Worker worker(10, "test");
    for (int i = 0; i < 5; ++i) {
      EXPECT_TRUE(worker.Post([&ran, i] { ran.push_back(i); }));
    }
  }
  EXPECT_EQ(ran, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(Worker, RefusesWhatIsTooMuch) {
  absl::Notification started;
  absl::Notification go;
  Worker worker(2, "test");
  ASSERT_TRUE(worker.Post([&] {
    started.Notify();
    go.WaitForNotification();
  }));
  started.WaitForNotification();  // It runs, so it does not wait any more.
  EXPECT_TRUE(worker.Post([] {}));
  EXPECT_TRUE(worker.Post([] {}));
  EXPECT_FALSE(worker.Post([] {}));
  go.Notify();
}

TEST(Worker, GivesItsThreadTheNameThatItGets) {
  std::array<char, 16> name{};
  {
    Worker worker(1, "erasures");
    ASSERT_TRUE(worker.Post([&name] {
      ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    }));
  }
  EXPECT_EQ(std::string(name.data()), "erasures");
}

}  // namespace
}  // namespace segrid::rpc
