#include "server/app/signals.h"

#include <unistd.h>

#include <csignal>
#include <string>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace segrid::app {
namespace {

// What the functions were called for, in order: 's'top or 'i'nterrupt again.
class Calls {
 public:
  void Add(char call) {
    absl::MutexLock lock(&mu_);
    calls_.push_back(call);
  }

  // Sends the signal to this process and waits for the call it leads to:
  // standard signals merge while they are pending.
  std::string After(int signal) {
    absl::MutexLock lock(&mu_);
    const std::size_t before = calls_.size();
    ::kill(::getpid(), signal);
    const auto longer = [&] { return calls_.size() > before; };
    mu_.Await(absl::Condition(&longer));
    return calls_;
  }

 private:
  absl::Mutex mu_;
  std::string calls_;
};

TEST(SignalThread, TellsTheFirstSignalFromASecondInterrupt) {
  BlockSignals();
  Calls calls;
  const SignalThread signals(
      {[&] { calls.Add('s'); }, [&] { calls.Add('i'); }});
  EXPECT_EQ(calls.After(SIGTERM), "s");
  EXPECT_EQ(calls.After(SIGINT), "ss");
  EXPECT_EQ(calls.After(SIGTERM), "sss");
  EXPECT_EQ(calls.After(SIGINT), "sssi");
  EXPECT_EQ(calls.After(SIGINT), "sssii");
}

TEST(SignalThread, ReloadsOnHangup) {
  BlockSignals();
  Calls calls;
  const SignalThread signals({[&] { calls.Add('s'); }, [&] { calls.Add('i'); },
                              [&] { calls.Add('r'); }});
  EXPECT_EQ(calls.After(SIGHUP), "r");
  EXPECT_EQ(calls.After(SIGHUP), "rr");
  EXPECT_EQ(calls.After(SIGTERM), "rrs");
}

TEST(SignalThread, TicksWhenNothingElseHappens) {
  BlockSignals();
  absl::Notification ticked;
  int left = 3;
  const SignalThread signals({[] {}, [] {}, [] {},
                              [&] {
                                if (--left == 0) ticked.Notify();
                              },
                              absl::Milliseconds(1)});
  EXPECT_TRUE(ticked.WaitForNotificationWithTimeout(absl::Seconds(30)));
}

TEST(SignalThread, DoesNotHangWithoutASignal) {
  BlockSignals();
  const SignalThread signals({[] {}, [] {}});
}

}  // namespace
}  // namespace segrid::app
