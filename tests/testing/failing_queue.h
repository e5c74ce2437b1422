// A queue whose calls fail when the test says so.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/base/error_info.h"
#include "core/pool/executor.h"
#include "core/queue/queue.h"

namespace segrid::testing {

// Hands calls on to another queue, unless they are to fail. Not thread-safe.
// Both must outlive it; answers that are late must come before the end.
class FailingQueue final : public queue::Queue {
 public:
  enum class Method { kTake, kRenew, kAck, kDefer, kDeadLetter, kGetProgress };
  enum class How {
    kUnavailable,  // The call fails, and nothing was done.
    kDataLoss,
    kLate,   // It is done at once, and answered a minute later.
    kNever,  // It is not done, and never answered.
  };

  FailingQueue(queue::Queue& inner, pool::Executor& executor)
      : inner_(inner), executor_(executor) {}

  // The next `calls` calls of `method` fail in this way.
  void Fail(Method method, How how, int calls) {
    plans_[method] = {how, calls};
  }
  // How often the method was called.
  int calls(Method method) { return calls_[method]; }

  void Append(queue::AppendBatch batch, AppendDone done) override {
    inner_.Append(std::move(batch), std::move(done));
  }
  void Take(queue::TakeRequest request, TakeDone done) override {
    Call<absl::StatusOr<queue::Lease>>(
        Method::kTake, std::move(done), [&](TakeDone then) {
          inner_.Take(std::move(request), std::move(then));
        });
  }
  void Renew(std::string lane, std::uint64_t lease_id, absl::Duration duration,
             Done done) override {
    Call<absl::Status>(Method::kRenew, std::move(done), [&](Done then) {
      inner_.Renew(std::move(lane), lease_id, duration, std::move(then));
    });
  }
  void Ack(queue::Settlement settlement, Done done) override {
    Call<absl::Status>(Method::kAck, std::move(done), [&](Done then) {
      inner_.Ack(std::move(settlement), std::move(then));
    });
  }
  void Defer(queue::Settlement settlement, queue::Deferral deferral,
             Done done) override {
    Call<absl::Status>(Method::kDefer, std::move(done), [&](Done then) {
      inner_.Defer(std::move(settlement), deferral, std::move(then));
    });
  }
  void DeadLetter(queue::Settlement settlement, queue::Death death,
                  Done done) override {
    Call<absl::Status>(Method::kDeadLetter, std::move(done), [&](Done then) {
      inner_.DeadLetter(std::move(settlement), std::move(death),
                        std::move(then));
    });
  }
  void GetProgress(std::string lane, queue::Ticket ticket,
                   ProgressDone done) override {
    Call<absl::StatusOr<queue::Progress>>(
        Method::kGetProgress, std::move(done), [&](ProgressDone then) {
          inner_.GetProgress(std::move(lane), ticket, std::move(then));
        });
  }
  [[nodiscard]] std::unique_ptr<queue::Subscription> Subscribe(
      std::string lane, std::function<void()> on_ready) override {
    return inner_.Subscribe(std::move(lane), std::move(on_ready));
  }
  absl::StatusOr<queue::DeadLetterPage> ListDeadLetters(
      const queue::DeadLetterQuery& query) override {
    return inner_.ListDeadLetters(query);
  }
  absl::StatusOr<std::int64_t> ReplayDeadLetters(
      const queue::DeadLetterFilter& filter) override {
    return inner_.ReplayDeadLetters(filter);
  }
  absl::StatusOr<std::int64_t> PurgeDeadLetters(
      const queue::DeadLetterFilter& filter) override {
    return inner_.PurgeDeadLetters(filter);
  }
  absl::StatusOr<queue::DroppedLane> DropLane(std::string_view lane) override {
    return inner_.DropLane(lane);
  }
  absl::StatusOr<std::vector<queue::LaneStats>> ListLanes() override {
    return inner_.ListLanes();
  }
  absl::StatusOr<queue::LaneStats> GetLaneStats(
      std::string_view lane) override {
    return inner_.GetLaneStats(lane);
  }
  absl::StatusOr<queue::StoreStats> GetStoreStats() override {
    return inner_.GetStoreStats();
  }

 private:
  struct Plan {
    How how = How::kUnavailable;
    int calls = 0;
  };

  template <typename Result, typename Callback, typename Ask>
  void Call(Method method, Callback done, Ask ask) {
    ++calls_[method];
    Plan& plan = plans_[method];
    if (plan.calls == 0) return ask(std::move(done));
    --plan.calls;
    switch (plan.how) {
      case How::kUnavailable:
        return done(Result(base::MakeError(absl::StatusCode::kUnavailable,
                                           "QUEUE_UNAVAILABLE", "failed")));
      case How::kDataLoss:
        return done(Result(base::MakeError(absl::StatusCode::kDataLoss,
                                           "QUEUE_CORRUPT", "damaged")));
      case How::kNever:
        return;
      case How::kLate:
        return ask([this, done](Result result) {
          auto late = std::make_shared<Result>(std::move(result));
          timers_.push_back(executor_.After(
              absl::Minutes(1), [done, late] { done(std::move(*late)); }));
        });
    }
  }

  queue::Queue& inner_;
  pool::Executor& executor_;
  std::map<Method, Plan> plans_;
  std::map<Method, int> calls_;
  std::vector<std::unique_ptr<pool::Timer>> timers_;
};

}  // namespace segrid::testing
