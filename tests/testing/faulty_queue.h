// A queue whose calls fail, come late or never, as the test says.

#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/queue/queue.h"

namespace segrid::testing {

// Everything goes to `inner`, except Append and Ack as long as a fault is set.
// Thread safety: any thread.
class FaultyQueue final : public queue::Queue {
 public:
  enum class Fault { kNone, kFails, kHangs };

  explicit FaultyQueue(queue::Queue& inner) : inner_(inner) {}

  // From now on; `error` is what a call that fails says. What hangs is answered
  // when the fault is over.
  void Set(Fault fault, absl::Status error = absl::OkStatus()) {
    std::deque<std::function<void()>> late;
    {
      absl::MutexLock lock(&mu_);
      fault_ = fault;
      error_ = std::move(error);
      if (fault == Fault::kNone) late.swap(hanging_);
    }
    for (const auto& call : late) call();
  }

  // Waits until a call hangs; false after 10 s.
  bool WaitForHanging() {
    absl::MutexLock lock(&mu_);
    const auto some = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return !hanging_.empty();
    };
    return mu_.AwaitWithTimeout(absl::Condition(&some), absl::Seconds(10));
  }

  void Append(queue::AppendBatch batch, AppendDone done) override {
    auto shared = std::make_shared<queue::AppendBatch>(std::move(batch));
    Pass([this, shared, done] { inner_.Append(std::move(*shared), done); },
         [done](const absl::Status& error) { done(error); });
  }
  void Ack(queue::Settlement settlement, Done done) override {
    Pass([this, settlement, done] { inner_.Ack(settlement, done); }, done);
  }

  void Take(queue::TakeRequest request, TakeDone done) override {
    inner_.Take(std::move(request), std::move(done));
  }
  void Renew(std::string lane, std::uint64_t lease_id, absl::Duration duration,
             Done done) override {
    inner_.Renew(std::move(lane), lease_id, duration, std::move(done));
  }
  void Defer(queue::Settlement settlement, queue::Deferral deferral,
             Done done) override {
    inner_.Defer(std::move(settlement), deferral, std::move(done));
  }
  void DeadLetter(queue::Settlement settlement, queue::Death death,
                  Done done) override {
    inner_.DeadLetter(std::move(settlement), std::move(death), std::move(done));
  }
  void GetProgress(std::string lane, queue::Ticket ticket,
                   ProgressDone done) override {
    inner_.GetProgress(std::move(lane), ticket, std::move(done));
  }
  std::unique_ptr<queue::Subscription> Subscribe(
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
  void Pass(std::function<void()> call,
            const std::function<void(absl::Status)>& fail) {
    absl::Status error;
    {
      absl::MutexLock lock(&mu_);
      if (fault_ == Fault::kHangs) return hanging_.push_back(std::move(call));
      if (fault_ == Fault::kFails) error = error_;
    }
    if (error.ok()) return call();
    fail(error);
  }

  queue::Queue& inner_;
  absl::Mutex mu_;
  Fault fault_ ABSL_GUARDED_BY(mu_) = Fault::kNone;
  absl::Status error_ ABSL_GUARDED_BY(mu_);
  std::deque<std::function<void()>> hanging_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::testing
