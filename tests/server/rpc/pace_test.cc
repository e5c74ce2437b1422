#include "server/rpc/pace.h"

#include <string>

#include "core/base/error_info.h"
#include "core/deliver/deliverer.h"
#include "core/queue/memory/memory_queue.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/rpc/forward_call.h"
#include "tests/server/testing/running_server.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_executor.h"

namespace segrid::rpc {
namespace {

constexpr absl::Duration kMs = absl::Milliseconds(1);

class PaceTest : public ::testing::Test {
 protected:
  // Calls one after the other, each of which takes `took`.
  void Calls(int count, absl::Duration took, std::size_t bytes = 100,
             bool good = true) {
    for (int i = 0; i < count; ++i) {
      const Pace::Run run = pace_.Begin(bytes);
      clock_.Advance(took);
      pace_.End(run, good);
    }
  }
  bool Begins(absl::Duration left, std::size_t bytes = 100) {
    const absl::Status status = pace_.Check(left, bytes);
    if (!status.ok()) {
      EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
      EXPECT_EQ(base::ReasonOf(status), "TOO_LATE");
    }
    return status.ok();
  }

  testing::FakeClock clock_;
  Pace pace_{clock_};
};

TEST_F(PaceTest, RefusesOnlyWhatIsOverWhileNothingIsKnown) {
  const Pace::Run other = pace_.Begin(100);
  EXPECT_TRUE(Begins(absl::Nanoseconds(1)));
  EXPECT_TRUE(Begins(absl::InfiniteDuration()));
  EXPECT_FALSE(Begins(absl::ZeroDuration()));
  EXPECT_FALSE(Begins(-kMs));
  Calls(7, 100 * kMs);  // Too few.
  EXPECT_TRUE(Begins(kMs));
  pace_.End(other, true);
}

TEST_F(PaceTest, RefusesWhatTheFastestCallWouldNotHaveMet) {
  Calls(8, 100 * kMs);
  Calls(1, 40 * kMs);
  const Pace::Run other = pace_.Begin(100);
  EXPECT_FALSE(Begins(39 * kMs));
  EXPECT_TRUE(Begins(40 * kMs));
  EXPECT_TRUE(Begins(absl::InfiniteDuration()));
  EXPECT_THAT(std::string(pace_.Check(39 * kMs, 100).message()),
              ::testing::StartsWith("the deadline is in 39ms, and such a call "
                                    "takes at least 40ms at present"));
  pace_.End(other, true);
}

TEST_F(PaceTest, RefusesNothingWhenNothingIsUnderWay) {
  Calls(20, 100 * kMs);
  EXPECT_TRUE(Begins(kMs));
}

TEST_F(PaceTest, HearsAtOnceThatItBecameFaster) {
  Calls(20, 100 * kMs);
  const Pace::Run other = pace_.Begin(100);
  EXPECT_FALSE(Begins(50 * kMs));
  Calls(1, kMs);
  EXPECT_TRUE(Begins(50 * kMs));
  pace_.End(other, true);
}

TEST_F(PaceTest, ForgetsWhatIsLongAgo) {
  Calls(20, kMs);
  const Pace::Run other = pace_.Begin(100);
  // The fast ones are forgotten by and by, …
  Calls(120, 100 * kMs);
  EXPECT_FALSE(Begins(50 * kMs));
  // … and the slow ones, though one still hangs.
  clock_.Advance(absl::Seconds(11));
  EXPECT_TRUE(Begins(kMs));
  pace_.End(other, true);
}

TEST_F(PaceTest, LearnsNothingFromErrors) {
  Calls(20, 100 * kMs);
  Calls(20, absl::ZeroDuration(), 100, false);
  const Pace::Run other = pace_.Begin(100);
  EXPECT_FALSE(Begins(50 * kMs));
  pace_.End(other, true);
}

TEST_F(PaceTest, KnowsWhatALargeMessageTakes) {
  Calls(8, 8 * kMs, 1 << 20);
  Calls(8, kMs, 1 << 10);
  const Pace::Run other = pace_.Begin(100);
  EXPECT_TRUE(Begins(2 * kMs, 1 << 10));
  EXPECT_TRUE(Begins(8 * kMs, 1 << 20));
  EXPECT_FALSE(Begins(7 * kMs, 1 << 20));
  EXPECT_FALSE(Begins(31 * kMs, 4 << 20));
  pace_.End(other, true);
}

// Lets each batch take as long as the test says, and counts them.
class SlowDisk final : public pipeline::TrackObserver {
 public:
  explicit SlowDisk(testing::FakeClock& clock) : clock_(clock) {}
  bool is_watching() const override { return true; }
  void OnTracks(const std::string&, const queue::Chunk&) override {
    ++batches;
    clock_.Advance(takes);
  }

  int batches = 0;
  absl::Duration takes = absl::ZeroDuration();

 private:
  testing::FakeClock& clock_;
};

TEST(ForwardPace, AForwardThatTheDiskIsTooSlowForIsNotBegun) {
  testing::FakeClock clock;
  testing::FakeExecutor executor{clock};
  SlowDisk disk(clock);
  queue::memory::MemoryQueue queue({}, clock);
  config::Config config;
  config.sources.push_back({.name = "prod"});
  deliver::Deliverer deliverer({clock, queue, executor, [] { return 0.5; }}, {},
                               {});
  pipeline::Pipeline pipeline(config,
                              {clock, queue, deliverer, nullptr, &disk});
  Admission admission;
  const auth::Authorizer authorizer{config::Grpc()};
  ByteBudget bytes(1 << 20);
  CallGuard guard(admission, authorizer, clock, bytes);
  const BridgeEnvironment environment{clock, pipeline, admission, guard};
  int id = 0;
  const auto forward = [&](absl::Duration left) {
    ::segrid::v1::ForwardRequest request;
    request.set_webhook_json(testing::OpenEvents(1, ++id));
    std::string reason = "no answer";
    RunForward(environment, request.SerializeAsString(),
               {.deadline = clock.Now() + left},
               [&](const absl::StatusOr<codec::OutputBuffer>& answer) {
                 reason = base::ReasonOf(answer.status());
               });
    return reason;
  };
  disk.takes = 200 * kMs;
  for (int i = 0; i < 8; ++i) EXPECT_EQ(forward(absl::Seconds(1)), "");
  EXPECT_EQ(forward(kMs), "") << "nothing is under way: it is tried";
  const Pace::Run other = guard.forwards().Begin(100);
  EXPECT_EQ(forward(150 * kMs), "TOO_LATE");
  EXPECT_EQ(disk.batches, 9);
  EXPECT_EQ(forward(250 * kMs), "");
  disk.takes = kMs;
  EXPECT_EQ(forward(absl::InfiniteDuration()), "");
  EXPECT_EQ(forward(150 * kMs), "") << "the disk is fast again";
  EXPECT_EQ(disk.batches, 12);
  guard.forwards().End(other, true);
}

}  // namespace
}  // namespace segrid::rpc
