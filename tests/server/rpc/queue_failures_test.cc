// Calls while the queue fails, answers late or does not answer.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "core/base/error_info.h"
#include "core/deliver/deliverer.h"
#include "core/pipeline/pipeline.h"
#include "core/pool/thread_pool.h"
#include "core/queue/memory/memory_queue.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"
#include "segrid/rpc/v1/errors.pb.h"
#include "server/rpc/admin_service.h"
#include "server/rpc/bridge_service.h"
#include "server/rpc/grpc_server.h"
#include "tests/server/testing/gated_receiver.h"
#include "tests/server/testing/running_server.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;
using testing::OpenEvents;
using testing::ReasonOf;

// A queue all of whose methods fail with one status, or keep their answer back.
class FailingQueue final : public queue::Queue {
 public:
  explicit FailingQueue(queue::Queue& inner) : inner_(inner) {}

  // From now on; OK: nothing fails.
  void FailWith(absl::Status status) {
    absl::MutexLock lock(&mu_);
    status_ = std::move(status);
  }
  // Append is not answered until Release().
  void Hold() {
    absl::MutexLock lock(&mu_);
    holding_ = true;
  }
  bool WaitForHeld() {
    absl::MutexLock lock(&mu_);
    const auto some = [this] { return !held_.empty(); };
    return mu_.AwaitWithTimeout(absl::Condition(&some), absl::Seconds(10));
  }
  void Release() {
    std::vector<std::function<void()>> held;
    {
      absl::MutexLock lock(&mu_);
      holding_ = false;
      held.swap(held_);
    }
    for (const auto& call : held) call();
  }

  void Append(queue::AppendBatch batch, AppendDone done) override {
    if (const absl::Status status = Now(); !status.ok()) return done(status);
    auto shared = std::make_shared<queue::AppendBatch>(std::move(batch));
    std::function<void()> call = [this, shared, done = std::move(done)] {
      inner_.Append(std::move(*shared), done);
    };
    {
      absl::MutexLock lock(&mu_);
      if (holding_) return held_.push_back(std::move(call));
    }
    call();
  }
  void GetProgress(std::string lane, queue::Ticket ticket,
                   ProgressDone done) override {
    if (const absl::Status status = Now(); !status.ok()) return done(status);
    inner_.GetProgress(std::move(lane), ticket, std::move(done));
  }
  absl::StatusOr<queue::DeadLetterPage> ListDeadLetters(
      const queue::DeadLetterQuery& query) override {
    if (const absl::Status status = Now(); !status.ok()) return status;
    return inner_.ListDeadLetters(query);
  }
  absl::StatusOr<std::int64_t> ReplayDeadLetters(
      const queue::DeadLetterFilter& filter) override {
    if (const absl::Status status = Now(); !status.ok()) return status;
    return inner_.ReplayDeadLetters(filter);
  }
  absl::StatusOr<std::int64_t> PurgeDeadLetters(
      const queue::DeadLetterFilter& filter) override {
    if (const absl::Status status = Now(); !status.ok()) return status;
    return inner_.PurgeDeadLetters(filter);
  }
  absl::StatusOr<queue::DroppedLane> DropLane(std::string_view lane) override {
    if (const absl::Status status = Now(); !status.ok()) return status;
    return inner_.DropLane(lane);
  }
  absl::StatusOr<queue::Erased> Erase(
      const queue::EraseRequest& request) override {
    if (const absl::Status status = Now(); !status.ok()) return status;
    return inner_.Erase(request);
  }
  absl::StatusOr<std::vector<queue::LaneStats>> ListLanes() override {
    if (const absl::Status status = Now(); !status.ok()) return status;
    return inner_.ListLanes();
  }
  absl::StatusOr<queue::LaneStats> GetLaneStats(
      std::string_view lane) override {
    if (const absl::Status status = Now(); !status.ok()) return status;
    return inner_.GetLaneStats(lane);
  }
  absl::StatusOr<queue::StoreStats> GetStoreStats() override {
    if (const absl::Status status = Now(); !status.ok()) return status;
    return inner_.GetStoreStats();
  }

  // Delivery's business; nothing is delivered here.
  void Take(queue::TakeRequest request, TakeDone done) override {
    inner_.Take(std::move(request), std::move(done));
  }
  void Renew(std::string lane, std::uint64_t lease_id, absl::Duration duration,
             Done done) override {
    inner_.Renew(std::move(lane), lease_id, duration, std::move(done));
  }
  void Ack(queue::Settlement settlement, Done done) override {
    inner_.Ack(std::move(settlement), std::move(done));
  }
  void Defer(queue::Settlement settlement, queue::Deferral deferral,
             Done done) override {
    inner_.Defer(std::move(settlement), deferral, std::move(done));
  }
  void DeadLetter(queue::Settlement settlement, queue::Death death,
                  Done done) override {
    inner_.DeadLetter(std::move(settlement), std::move(death), std::move(done));
  }
  std::unique_ptr<queue::Subscription> Subscribe(
      std::string lane, std::function<void()> on_ready) override {
    return inner_.Subscribe(std::move(lane), std::move(on_ready));
  }

 private:
  absl::Status Now() {
    absl::MutexLock lock(&mu_);
    return status_;
  }

  queue::Queue& inner_;
  absl::Mutex mu_;
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  bool holding_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::function<void()>> held_ ABSL_GUARDED_BY(mu_);
};

config::Config OneSource() {
  config::Config config;
  config.grpc.listen = {"127.0.0.1:0"};
  config.sources.push_back({.name = "first"});
  return config;
}

// The source that nobody takes from.
std::vector<deliver::Source> Undelivered(testing::Gate& gate,
                                         pool::Executor& executor) {
  std::vector<deliver::Source> sources(1);
  sources[0].name = "first";
  sources[0].receiver =
      std::make_unique<testing::GatedReceiver>(gate, executor);
  return sources;
}

// A context whose call ends in time.
struct Context : grpc::ClientContext {
  explicit Context(absl::Duration time_out = absl::Seconds(10)) {
    set_deadline(absl::ToChronoTime(absl::Now() + time_out));
  }
};

// A Forward that was begun. Waits for its end.
class BegunForward {
 public:
  BegunForward(api::BridgeService::Stub& stub, api::ForwardRequest request)
      : request_(std::move(request)) {
    stub.async()->Forward(&context_, &request_, &response_,
                          [this](grpc::Status status) {
                            absl::MutexLock lock(&mu_);
                            status_ = std::move(status);
                          });
  }
  ~BegunForward() { Wait(); }

  grpc::Status Wait() {
    absl::MutexLock lock(&mu_);
    const auto done = [this] { return status_.has_value(); };
    mu_.Await(absl::Condition(&done));
    return *status_;
  }
  // After Wait().
  const api::ForwardResponse& response() const { return response_; }

 private:
  Context context_;
  const api::ForwardRequest request_;
  api::ForwardResponse response_;
  absl::Mutex mu_;
  std::optional<grpc::Status> status_ ABSL_GUARDED_BY(mu_);
};

// The services over such a queue. Delivery has not begun.
class QueueFailures : public ::testing::Test {
 protected:
  QueueFailures() {
    GrpcServerOptions options;
    options.config = config_.grpc;
    options.credentials = grpc::InsecureServerCredentials();
    server_ = *GrpcServer::Start(options, {&bridge_service_, &admin_service_});
    const auto channel = grpc::CreateChannel(
        server_->addresses()[0], grpc::InsecureChannelCredentials());
    bridge_ = api::BridgeService::NewStub(channel);
    admin_ = api::AdminService::NewStub(channel);
  }
  ~QueueFailures() override {
    queue_.Release();
    server_->Shutdown(absl::InfinitePast());
    pool_->Stop();
  }

  static api::ForwardRequest OfOne(api::Wait wait = api::WAIT_ACCEPTED) {
    api::ForwardRequest request;
    request.set_webhook_json(OpenEvents(1));
    request.set_wait(wait);
    return request;
  }

  const config::Config config_ = OneSource();
  base::SystemClock clock_;
  queue::memory::MemoryQueue memory_{{}, clock_};
  FailingQueue queue_{memory_};
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(1);
  testing::Gate gate_;
  deliver::Deliverer deliverer_{{clock_, queue_, *pool_, [] { return 0.5; }},
                                {},
                                Undelivered(gate_, *pool_)};
  pipeline::Pipeline pipeline_{config_, {clock_, queue_, deliverer_}};
  Admission admission_;
  const auth::Authorizer authorizer_{config::Grpc()};
  ByteBudget bytes_{1 << 20};
  CallGuard guard_{admission_, authorizer_, clock_, bytes_};
  Tails tails_{clock_};
  BridgeService bridge_service_{{clock_, pipeline_, admission_, guard_}, {}};
  AdminService admin_service_{
      {[this] { return std::make_shared<const config::Config>(config_); },
       clock_,
       queue_,
       deliverer_,
       *pool_,
       admission_,
       guard_,
       tails_,
       [] {},
       {}}};
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<api::BridgeService::Stub> bridge_;
  std::unique_ptr<api::AdminService::Stub> admin_;
};

struct MethodCase {
  const char* name;
  std::function<grpc::Status(api::BridgeService::Stub&,
                             api::AdminService::Stub&, grpc::ClientContext&)>
      call;
};

// A request about the dead letters of the source.
template <typename Request>
Request OfFirst() {
  Request request;
  request.mutable_filter()->set_source("first");
  return request;
}

grpc::Status StatusOf(const segrid::rpc::v1::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      status.message(), status.SerializeAsString());
}

// Each method that asks the queue.
std::vector<MethodCase> MethodsThatAsk() {
  const auto forward = [](api::Wait wait) {
    return [wait](auto& bridge, auto&, auto& context) {
      api::ForwardRequest request;
      request.set_webhook_json(OpenEvents(1));
      request.set_wait(wait);
      api::ForwardResponse response;
      return bridge.Forward(&context, request, &response);
    };
  };
  return {
      {"Forward", forward(api::WAIT_ACCEPTED)},
      {"Forward that waits", forward(api::WAIT_DELIVERED)},
      {"ForwardStream",
       [](auto& bridge, auto&, auto& context) {
         const auto stream = bridge.ForwardStream(&context);
         api::ForwardStreamRequest request;
         request.mutable_request()->set_webhook_json(OpenEvents(1));
         stream->Write(request);
         api::ForwardStreamResponse response;
         EXPECT_TRUE(stream->Read(&response));
         stream->WritesDone();
         EXPECT_TRUE(stream->Finish().ok());
         return StatusOf(response.error());
       }},
      {"GetStatus",
       [](auto&, auto& admin, auto& context) {
         api::GetStatusResponse response;
         return admin.GetStatus(&context, {}, &response);
       }},
      {"WatchStatus",
       [](auto&, auto& admin, auto& context) {
         const auto watch = admin.WatchStatus(&context, {});
         api::WatchStatusResponse response;
         EXPECT_FALSE(watch->Read(&response));
         return watch->Finish();
       }},
      {"ListDeadLetters",
       [](auto&, auto& admin, auto& context) {
         auto request = OfFirst<api::ListDeadLettersRequest>();
         api::ListDeadLettersResponse response;
         return admin.ListDeadLetters(&context, request, &response);
       }},
      {"ListDeadLetters by id",
       [](auto&, auto& admin, auto& context) {
         auto request = OfFirst<api::ListDeadLettersRequest>();
         request.mutable_filter()->add_ids(1);
         api::ListDeadLettersResponse response;
         return admin.ListDeadLetters(&context, request, &response);
       }},
      {"ReplayDeadLetters",
       [](auto&, auto& admin, auto& context) {
         const auto request = OfFirst<api::ReplayDeadLettersRequest>();
         api::ReplayDeadLettersResponse response;
         return admin.ReplayDeadLetters(&context, request, &response);
       }},
      {"PurgeDeadLetters",
       [](auto&, auto& admin, auto& context) {
         const auto request = OfFirst<api::PurgeDeadLettersRequest>();
         api::PurgeDeadLettersResponse response;
         return admin.PurgeDeadLetters(&context, request, &response);
       }},
      {"DropSource",
       [](auto&, auto& admin, auto& context) {
         api::DropSourceRequest request;
         request.set_source("old");
         api::DropSourceResponse response;
         return admin.DropSource(&context, request, &response);
       }},
  };
}

bool HasRetryInfo(const grpc::Status& status) {
  v1::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  for (const auto& detail : details.details()) {
    if (detail.type_url() == base::kRetryInfoUrl) return true;
  }
  return false;
}

TEST_F(QueueFailures, ReachTheCallerAsTheyAre) {
  struct Fault {
    absl::StatusCode code;
    const char* reason;
    bool retry;
  };
  for (const Fault& fault :
       {Fault{absl::StatusCode::kUnavailable, "QUEUE_UNAVAILABLE", true},
        Fault{absl::StatusCode::kDataLoss, "QUEUE_CORRUPT", false}}) {
    queue_.FailWith(base::MakeError(fault.code, fault.reason, "as the test"));
    for (const MethodCase& method : MethodsThatAsk()) {
      SCOPED_TRACE(std::string(method.name) + " " + fault.reason);
      Context context;
      const grpc::Status status = method.call(*bridge_, *admin_, context);
      EXPECT_EQ(static_cast<int>(status.error_code()),
                static_cast<int>(fault.code));
      EXPECT_EQ(ReasonOf(status), fault.reason);
      EXPECT_EQ(HasRetryInfo(status), fault.retry);
    }
  }
  // Nothing is left of it.
  queue_.FailWith(absl::OkStatus());
  Context context;
  api::ForwardResponse response;
  ASSERT_TRUE(bridge_->Forward(&context, OfOne(), &response).ok());
  EXPECT_EQ(response.accepted_count(), 1);
}

TEST_F(QueueFailures, ThatEndAWaitAreToldAfterTheEventsWereAccepted) {
  queue_.Hold();
  BegunForward call(*bridge_, OfOne(api::WAIT_DELIVERED));
  ASSERT_TRUE(queue_.WaitForHeld());
  queue_.FailWith(base::MakeError(absl::StatusCode::kUnavailable,
                                  "QUEUE_UNAVAILABLE", "as the test"));
  queue_.Release();
  EXPECT_EQ(ReasonOf(call.Wait()), "QUEUE_UNAVAILABLE");
}

TEST_F(QueueFailures, ALateAnswerReachesTheCaller) {
  queue_.Hold();
  BegunForward call(*bridge_, OfOne());
  ASSERT_TRUE(queue_.WaitForHeld());
  EXPECT_GT(bytes_.used_bytes(), 0);
  queue_.Release();
  EXPECT_TRUE(call.Wait().ok());
  EXPECT_EQ(call.response().accepted_count(), 1);
}

TEST_F(QueueFailures, NoAnswerEndsACallAtItsDeadlineAndHoldsUpNobody) {
  queue_.Hold();
  Context context(absl::Milliseconds(200));
  api::ForwardResponse response;
  EXPECT_EQ(bridge_->Forward(&context, OfOne(), &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  Context other;
  api::TransformRequest request;
  request.set_webhook_json(OpenEvents(1));
  api::TransformResponse transformed;
  EXPECT_TRUE(bridge_->Transform(&other, request, &transformed).ok());
  queue_.Release();
  // The room comes back when the queue has let go of the events.
  const absl::Time end = absl::Now() + absl::Seconds(5);
  while (bytes_.used_bytes() > 0 && absl::Now() < end) {
  }
  EXPECT_EQ(bytes_.used_bytes(), 0);
}

}  // namespace
}  // namespace segrid::rpc
