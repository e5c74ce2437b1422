// A queue whose calls fail, come late or never, as the test says.

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/error_info.h"
#include "core/pool/executor.h"
#include "core/queue/queue.h"

namespace segrid::testing {

// Hands calls on to another queue, unless they are to fail.
//
// Ownership:     `inner` and `executor` must outlive it. The executor is for
//                kLate only; answers that are late must come before the end.
// Thread safety: any thread.
class FailingQueue final : public queue::Queue {
 public:
  enum class Method {
    kAppend,
    kTake,
    kRenew,
    kAck,
    kDefer,
    kDeadLetter,
    kGetProgress,
    kGetStoreStats,  // Fails only, because its answer is its result.
  };
  enum class How {
    kUnavailable,  // The call fails, and nothing was done.
    kDataLoss,
    kLate,   // It is done at once, and answered a minute later.
    kNever,  // It is not done, and never answered.
    kHeld,   // It is done and answered at Restore().
  };
  static constexpr int kEvery = std::numeric_limits<int>::max();

  explicit FailingQueue(queue::Queue& inner, pool::Executor* executor = nullptr)
      : inner_(inner), executor_(executor) {}

  // The next `calls` calls of `method` fail in this way.
  void Fail(Method method, How how, int calls = kEvery) {
    const bool damaged = how == How::kDataLoss;
    Set(method,
        {how, calls,
         base::MakeError(damaged ? absl::StatusCode::kDataLoss
                                 : absl::StatusCode::kUnavailable,
                         damaged ? "QUEUE_CORRUPT" : "QUEUE_UNAVAILABLE",
                         "failed")});
  }
  // The same: nothing is done, and the answer is `error`.
  void Fail(Method method, absl::Status error, int calls = kEvery) {
    Set(method, {How::kUnavailable, calls, std::move(error)});
  }
  // No call fails any more, and those that were held are made.
  void Restore() {
    std::vector<std::function<void()>> held;
    {
      absl::MutexLock lock(&mu_);
      plans_.clear();
      held.swap(held_);
    }
    for (const auto& call : held) call();
  }
  // How often the method was called.
  int calls(Method method) {
    absl::MutexLock lock(&mu_);
    return calls_[method];
  }

  void Append(queue::AppendBatch batch, AppendDone done) override {
    Call<absl::StatusOr<queue::AppendResult>>(
        Method::kAppend, std::move(done),
        [this, batch = std::make_shared<queue::AppendBatch>(std::move(batch))](
            AppendDone then) {
          inner_.Append(std::move(*batch), std::move(then));
        });
  }
  void Take(queue::TakeRequest request, TakeDone done) override {
    Call<absl::StatusOr<queue::Lease>>(Method::kTake, std::move(done),
                                       [this, request](TakeDone then) {
                                         inner_.Take(request, std::move(then));
                                       });
  }
  void Renew(std::string lane, std::uint64_t lease_id, absl::Duration duration,
             Done done) override {
    Call<absl::Status>(Method::kRenew, std::move(done),
                       [this, lane, lease_id, duration](Done then) {
                         inner_.Renew(lane, lease_id, duration,
                                      std::move(then));
                       });
  }
  void Ack(queue::Settlement settlement, Done done) override {
    Call<absl::Status>(Method::kAck, std::move(done),
                       [this, settlement](Done then) {
                         inner_.Ack(settlement, std::move(then));
                       });
  }
  void Defer(queue::Settlement settlement, queue::Deferral deferral,
             Done done) override {
    Call<absl::Status>(Method::kDefer, std::move(done),
                       [this, settlement, deferral](Done then) {
                         inner_.Defer(settlement, deferral, std::move(then));
                       });
  }
  void DeadLetter(queue::Settlement settlement, queue::Death death,
                  Done done) override {
    Call<absl::Status>(Method::kDeadLetter, std::move(done),
                       [this, settlement, death](Done then) {
                         inner_.DeadLetter(settlement, death, std::move(then));
                       });
  }
  void GetProgress(std::string lane, queue::Ticket ticket,
                   ProgressDone done) override {
    Call<absl::StatusOr<queue::Progress>>(
        Method::kGetProgress, std::move(done),
        [this, lane, ticket](ProgressDone then) {
          inner_.GetProgress(lane, ticket, std::move(then));
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
  absl::StatusOr<queue::Erased> Erase(
      const queue::EraseRequest& request) override {
    return inner_.Erase(request);
  }
  absl::StatusOr<std::vector<queue::LaneStats>> ListLanes() override {
    return inner_.ListLanes();
  }
  absl::StatusOr<queue::LaneStats> GetLaneStats(
      std::string_view lane) override {
    return inner_.GetLaneStats(lane);
  }
  absl::StatusOr<queue::StoreStats> GetStoreStats() override {
    if (const auto plan = Next(Method::kGetStoreStats)) return plan->error;
    return inner_.GetStoreStats();
  }

 private:
  struct Plan {
    How how = How::kUnavailable;
    int calls = 0;
    absl::Status error{};
  };

  void Set(Method method, Plan plan) {
    absl::MutexLock lock(&mu_);
    plans_[method] = std::move(plan);
  }

  // Counts the call; what is to become of it, or nothing.
  std::optional<Plan> Next(Method method) {
    absl::MutexLock lock(&mu_);
    ++calls_[method];
    const auto found = plans_.find(method);
    if (found == plans_.end() || found->second.calls == 0) return std::nullopt;
    if (found->second.calls != kEvery) --found->second.calls;
    return found->second;
  }

  template <typename Result, typename Callback, typename Ask>
  void Call(Method method, Callback done, Ask ask) {
    const std::optional<Plan> plan = Next(method);
    if (!plan.has_value()) return ask(std::move(done));
    switch (plan->how) {
      case How::kUnavailable:
      case How::kDataLoss:
        return done(Result(plan->error));
      case How::kNever:
        return;
      case How::kHeld: {
        absl::MutexLock lock(&mu_);
        held_.push_back([ask, done] { ask(done); });
        return;
      }
      case How::kLate:
        return ask([this, done](Result result) {
          auto late = std::make_shared<Result>(std::move(result));
          absl::MutexLock lock(&mu_);
          timers_.push_back(executor_->After(
              absl::Minutes(1), [done, late] { done(std::move(*late)); }));
        });
    }
  }

  queue::Queue& inner_;
  pool::Executor* const executor_;
  absl::Mutex mu_;
  std::map<Method, Plan> plans_ ABSL_GUARDED_BY(mu_);
  std::map<Method, int> calls_ ABSL_GUARDED_BY(mu_);
  std::vector<std::function<void()>> held_ ABSL_GUARDED_BY(mu_);
  std::vector<std::unique_ptr<pool::Timer>> timers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::testing
