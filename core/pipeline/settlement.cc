#include "core/pipeline/settlement.h"

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace segrid::pipeline {
namespace {

// Adds up what the lanes report, in whatever threads they do.
class Collector {
 public:
  Collector(std::size_t lanes, ForwardResult result, Pipeline::ForwardDone done)
      : left_(lanes), result_(std::move(result)), done_(std::move(done)) {}

  // `source`: its place in the result.
  void Add(std::size_t source,
           const absl::StatusOr<deliver::SettledCounts>& counts) {
    absl::StatusOr<ForwardResult> answer = absl::UnknownError("");
    {
      absl::MutexLock lock(&mu_);
      Count(source, counts);
      if (--left_ > 0) return;
      if (status_.ok()) {
        answer = std::move(result_);
      } else {
        answer = status_;
      }
    }
    done_(std::move(answer));
  }

 private:
  void Count(std::size_t source,
             const absl::StatusOr<deliver::SettledCounts>& counts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (!counts.ok()) {
      status_ = counts.status();
      return;
    }
    result_.sources[source].state = counts->state;
    result_.delivered += static_cast<std::int32_t>(counts->delivered);
    result_.pending += static_cast<std::int32_t>(counts->pending);
    result_.dead_letters += static_cast<std::int32_t>(counts->dead);
  }

  absl::Mutex mu_;
  std::size_t left_ ABSL_GUARDED_BY(mu_);
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  ForwardResult result_ ABSL_GUARDED_BY(mu_);
  const Pipeline::ForwardDone done_;
};

}  // namespace

void WaitUntilSettled(deliver::Deliverer& deliverer,
                      const std::vector<ForwardLane>& lanes,
                      const queue::AppendResult& appended,
                      const deliver::WaitEnd& end, ForwardResult result,
                      Pipeline::ForwardDone done) {
  struct Open {
    std::size_t source = 0;
    std::string lane{};
    queue::Ticket ticket{};
  };
  std::vector<Open> open;
  for (std::size_t i = 0; i < appended.lanes.size(); ++i) {
    if (appended.lanes[i].ticket.count > 0) {
      open.push_back({i, *lanes[i].lane, appended.lanes[i].ticket});
    }
  }
  if (open.empty()) return done(std::move(result));
  auto collector = std::make_shared<Collector>(open.size(), std::move(result),
                                               std::move(done));
  for (const Open& one : open) {
    deliverer.NotifySettled(
        one.lane, one.ticket, end,
        [collector, source = one.source](
            const absl::StatusOr<deliver::SettledCounts>& counts) {
          collector->Add(source, counts);
        });
  }
}

}  // namespace segrid::pipeline
