#include "core/receivers/threaded/threaded_receiver.h"

#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace segrid::receivers::threaded {
namespace {

// Blocks in Send until the test lets it go on.
class Blocking final : public Receiver {
 public:
  explicit Blocking(absl::Notification& go_on) : go_on_(go_on) {}
  void Send(Batch batch, Done done) override {
    go_on_.WaitForNotification();
    done({.verdict = Verdict::kDelivered,
          .detail = std::string(batch.tracks.at(0))});
  }
  Limits limits() const override { return {.max_batch_messages = 7}; }
  std::string endpoint() const override { return "blocking"; }

 private:
  absl::Notification& go_on_;
};

TEST(ThreadedReceiver, KeepsNobodyWaitingForTheOneItHolds) {
  absl::Notification go_on;
  std::vector<std::unique_ptr<ThreadedReceiver>> hung;
  absl::Notification done;
  SendResult result;
  std::optional<std::thread::id> ran_in;
  for (int i = 0; i < 4; ++i) {
    hung.push_back(std::make_unique<ThreadedReceiver>(
        std::make_unique<Blocking>(go_on), "hung"));
  }
  for (std::size_t i = 0; i < hung.size(); ++i) {
    hung[i]->Send({.tracks = {"track"}}, [&, i](SendResult sent) {
      if (i != 0) return;
      result = std::move(sent);
      ran_in = std::this_thread::get_id();
      done.Notify();
    });
  }
  // All four hang, and a fifth delivers.
  absl::Notification free;
  free.Notify();
  absl::Notification delivered;
  ThreadedReceiver fifth(std::make_unique<Blocking>(free), "free");
  fifth.Send({.tracks = {"track"}},
             [&](const SendResult&) { delivered.Notify(); });
  delivered.WaitForNotification();
  EXPECT_FALSE(done.HasBeenNotified());
  go_on.Notify();
  done.WaitForNotification();
  EXPECT_EQ(result.verdict, Verdict::kDelivered);
  EXPECT_EQ(result.detail, "track");
  EXPECT_NE(ran_in, std::this_thread::get_id());
}

// Counts its turns; `max` of them are due at once.
class Maintained final : public Receiver {
 public:
  Maintained(int max, absl::Notification& done) : max_(max), done_(done) {}
  void Send(Batch, Done done) override {
    done({.verdict = Verdict::kDelivered});
  }
  absl::Duration Maintain() override {
    if (++turns_ < max_) return absl::ZeroDuration();
    done_.Notify();
    return absl::InfiniteDuration();
  }
  Limits limits() const override { return {}; }
  std::string endpoint() const override { return ""; }

 private:
  const int max_;
  int turns_ = 0;
  absl::Notification& done_;
};

TEST(ThreadedReceiver, LetsTheOtherMaintainItselfWithoutABatch) {
  absl::Notification maintained, delivered;
  ThreadedReceiver receiver(std::make_unique<Maintained>(3, maintained), "a");
  maintained.WaitForNotification();
  receiver.Send({}, [&](const SendResult&) { delivered.Notify(); });
  delivered.WaitForNotification();
  EXPECT_TRUE(delivered.HasBeenNotified());
}

TEST(ThreadedReceiver, TellsTheOthersLimitsAndEndpoint) {
  absl::Notification go_on;
  const ThreadedReceiver receiver(std::make_unique<Blocking>(go_on), "a");
  EXPECT_EQ(receiver.limits().max_batch_messages, 7);
  EXPECT_EQ(receiver.endpoint(), "blocking");
}

// What was sent may hold the last owner; then the thread ends by itself.
TEST(ThreadedReceiver, MayBeDestroyedByWhatItWasSentWith) {
  absl::Notification go_on, done;
  struct Owner {
    explicit Owner(absl::Notification& n) : gone(n) {}
    ~Owner() {
      receiver.reset();
      gone.Notify();
    }
    std::unique_ptr<ThreadedReceiver> receiver;
    absl::Notification& gone;
  };
  auto owner = std::make_shared<Owner>(done);
  owner->receiver = std::make_unique<ThreadedReceiver>(
      std::make_unique<Blocking>(go_on), "a");
  ThreadedReceiver* const receiver = owner->receiver.get();
  receiver->Send({.tracks = {"track"}},
                 [owner = std::move(owner)](const SendResult&) {});
  go_on.Notify();
  EXPECT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(10)));
}

}  // namespace
}  // namespace segrid::receivers::threaded
