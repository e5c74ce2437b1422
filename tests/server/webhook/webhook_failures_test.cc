// A queue that fails: SendGrid must come again, so the answer is never 4xx.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/base/error_info.h"
#include "core/queue/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/webhook/webhook_world.h"
#include "tests/testing/failing_queue.h"

namespace segrid::webhook {
namespace {

using segrid::testing::FailingQueue;
using segrid::testing::PostText;
using segrid::testing::RawClient;

const std::string kBody = pipeline::Body({pipeline::kOpen, pipeline::kClick});

// A webhook in front of a queue that the test breaks.
class WebhookFailures : public ::testing::Test {
 protected:
  WebhookFailures() {
    config_.sources = {pipeline::Named("first")};
    pipeline_.emplace(config_,
                      pipeline::Environment{clock_, queue_, deliverer_});
    webhook_ = *Webhook::Create(
        config::Webhook(), kMaxBodyBytes,
        {clock_, *pipeline_, log_, [] { return true; }, {}, {}});
    httpd::Router router;
    webhook_->AddRoutes(router, true);
    httpd::Options options;
    options.listen = {"127.0.0.1:0"};
    options.work_timeout = absl::Milliseconds(100);
    auto listener = httpd::Listener::Start(options, std::move(router),
                                           {pool_->io(), clock_});
    EXPECT_TRUE(listener.ok()) << listener.status();
    listener_ = *std::move(listener);
  }
  ~WebhookFailures() override { pool_->Stop(); }

  segrid::testing::RawAnswer Post() {
    return RawClient(listener_->port())
        .Ask(PostText("/v1/webhook", kBody))
        .value_or(segrid::testing::RawAnswer());
  }

  base::SystemClock clock_;
  std::ostringstream log_text_;
  logging::Log log_{
      {}, clock_, std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text_)};
  queue::memory::MemoryQueue memory_{{}, clock_};
  FailingQueue queue_{memory_};
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(2);
  deliver::Deliverer deliverer_{
      {clock_, queue_, *pool_, [] { return 0.5; }}, {}, {}};
  config::Config config_;
  std::optional<pipeline::Pipeline> pipeline_;
  std::shared_ptr<Webhook> webhook_;
  std::unique_ptr<httpd::Listener> listener_;
};

TEST_F(WebhookFailures, OfTheQueueAre503WithRetryAfter) {
  const std::vector<absl::Status> errors = {
      queue::QueueFull("a lane", 1),
      base::MakeError(absl::StatusCode::kUnavailable, "QUEUE_UNAVAILABLE", "a"),
      base::MakeError(absl::StatusCode::kDataLoss, "QUEUE_CORRUPT", "a"),
      base::MakeError(absl::StatusCode::kInvalidArgument, "BAD_CHUNK", "a"),
      absl::InternalError("a"),
      absl::NotFoundError("a"),
  };
  for (const absl::Status& error : errors) {
    queue_.Fail(FailingQueue::Method::kAppend, error);
    const auto answer = Post();
    EXPECT_EQ(answer.status, 503) << error;
    ASSERT_EQ(answer.headers.count("retry-after"), 1u) << error;
    EXPECT_GE(std::stoi(answer.headers.at("retry-after")), 1);
  }
  queue_.Restore();
  EXPECT_EQ(Post().status, 200);
}

TEST_F(WebhookFailures, ToAnswerAre503AndALateAnswerHarmsNobody) {
  queue_.Fail(FailingQueue::Method::kAppend, FailingQueue::How::kHeld);
  const auto answer = Post();
  EXPECT_EQ(answer.status, 503);
  ASSERT_EQ(answer.headers.count("retry-after"), 1u);
  queue_.Restore();  // Now the answer comes.
  // It was accepted after all, so the second try is a duplicate.
  const auto again = Post();
  EXPECT_EQ(again.status, 200);
  EXPECT_THAT(again.body, ::testing::HasSubstr("\"duplicate\":2"));
}

}  // namespace
}  // namespace segrid::webhook
