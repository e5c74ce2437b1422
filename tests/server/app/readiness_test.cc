// Whether the service tells the truth about itself while parts of it hang.

#include "server/app/readiness.h"

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "core/base/clock.h"
#include "core/pool/thread_pool.h"
#include "core/queue/memory/memory_queue.h"
#include "gtest/gtest.h"
#include "tests/server/http/raw_client.h"
#include "tests/server/testing/running_server.h"
#include "tests/testing/failing_queue.h"

namespace segrid::app {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::FailingQueue;
using testing::GetText;
using testing::PostText;
using testing::RawClient;
using testing::RunningServer;

constexpr ReadinessOptions kQuick = {.interval = absl::Milliseconds(5),
                                     .patience = absl::Milliseconds(30)};

// Occupies threads until it goes.
class Blocked {
 public:
  template <typename Pool>
  Blocked(Pool& pool, int threads) {
    for (int i = 0; i < threads; ++i) {
      pool.Post([over = over_] { over->WaitForNotification(); });
    }
  }
  ~Blocked() { over_->Notify(); }

 private:
  const std::shared_ptr<absl::Notification> over_ =
      std::make_shared<absl::Notification>();
};

class ReadinessTest : public ::testing::Test {
 protected:
  // False after 10 s.
  bool WaitUntil(bool ready) {
    absl::MutexLock lock(&mu_);
    const auto is_so = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return ready_ == ready;
    };
    return mu_.AwaitWithTimeout(absl::Condition(&is_so), absl::Seconds(10));
  }
  std::string ReasonOf(const std::string& name) {
    for (const httpd::Check& check : readiness_.Checks()) {
      if (check.name == name) return check.reason();
    }
    return "there is no such check";
  }

  base::SystemClock clock_;
  queue::memory::MemoryQueue memory_{{}, clock_};
  FailingQueue queue_{memory_};
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(2);
  rpc::Admission admission_;
  absl::Mutex mu_;
  std::optional<bool> ready_ ABSL_GUARDED_BY(mu_);
  Readiness readiness_{{*pool_, queue_, "a", admission_,
                        [this](bool ready) {
                          absl::MutexLock lock(&mu_);
                          ready_ = ready;
                        }},
                       kQuick};
};

TEST_F(ReadinessTest, HoldsWhileAllAnswer) {
  EXPECT_TRUE(WaitUntil(true));
  for (const char* name : {"serving", "delivery", "queue"}) {
    EXPECT_EQ(ReasonOf(name), "");
  }
}

TEST_F(ReadinessTest, EndsWhileTheDeliveryThreadsHangAndComesBack) {
  ASSERT_TRUE(WaitUntil(true));
  {
    const Blocked blocked(*pool_, 2);
    EXPECT_TRUE(WaitUntil(false));
    EXPECT_NE(ReasonOf("delivery"), "");
    EXPECT_EQ(ReasonOf("queue"), "");
  }
  EXPECT_TRUE(WaitUntil(true));
}

TEST_F(ReadinessTest, EndsWhileTheQueueDoesNotAnswerAndComesBack) {
  ASSERT_TRUE(WaitUntil(true));
  queue_.Fail(FailingQueue::Method::kAck, FailingQueue::How::kHeld);
  EXPECT_TRUE(WaitUntil(false));
  EXPECT_NE(ReasonOf("queue"), "");
  EXPECT_EQ(ReasonOf("delivery"), "");
  queue_.Restore();
  EXPECT_TRUE(WaitUntil(true));
}

TEST_F(ReadinessTest, EndsWhileTheQueueFailsAndComesBack) {
  ASSERT_TRUE(WaitUntil(true));
  queue_.Fail(FailingQueue::Method::kGetStoreStats,
              FailingQueue::How::kUnavailable);
  EXPECT_TRUE(WaitUntil(false));
  EXPECT_EQ(ReasonOf("queue"), "QUEUE_UNAVAILABLE");
  queue_.Restore();
  EXPECT_TRUE(WaitUntil(true));
}

TEST_F(ReadinessTest, EndsWithTheDrain) {
  ASSERT_TRUE(WaitUntil(true));
  admission_.StartDraining();
  EXPECT_TRUE(WaitUntil(false));
  EXPECT_EQ(ReasonOf("serving"), "draining");
}

HealthCheckResponse::ServingStatus WaitForHealth(
    RunningServer& server, HealthCheckResponse::ServingStatus wanted) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
  HealthCheckResponse response;
  const auto watch = server.health().Watch(&context, HealthCheckRequest());
  while (watch->Read(&response) && response.status() != wanted) {
  }
  context.TryCancel();
  return response.status();
}

// Whatever hangs behind them, listeners take events and tell how things are.
TEST(HungDelivery, LeavesTheListenersAnswering) {
  RunningServer server(RunningServer::DefaultConfig(), kQuick);
  HttpListeners& doors = server.application().listeners();
  {
    const Blocked blocked(server.application(), 64);
    EXPECT_EQ(WaitForHealth(server, HealthCheckResponse::NOT_SERVING),
              HealthCheckResponse::NOT_SERVING);
    for (const int port : {doors.http()->port(), doors.admin()->port()}) {
      EXPECT_EQ(RawClient(port).Ask(GetText("/livez"))->status, 200);
      const auto ready = RawClient(port).Ask(GetText("/readyz"));
      EXPECT_EQ(ready->status, 503);
      EXPECT_NE(ready->body.find("[-]delivery failed"), std::string::npos)
          << ready->body;
    }
    const int admin = doors.admin()->port();
    EXPECT_EQ(RawClient(admin).Ask(GetText("/metrics"))->status, 200);
    EXPECT_EQ(RawClient(admin).Ask(GetText("/status.json"))->status, 200);
    const auto posted =
        RawClient(doors.http()->port())
            .Ask(PostText("/v1/webhook", testing::OpenEvents(2)));
    EXPECT_EQ(posted->status, 200) << posted->body;
  }
  EXPECT_EQ(WaitForHealth(server, HealthCheckResponse::SERVING),
            HealthCheckResponse::SERVING);
  EXPECT_TRUE(server.gate(0).WaitForDelivered(2));
}

}  // namespace
}  // namespace segrid::app
