#include "core/deliver/deliverer.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/deliver/lane.h"
#include "core/deliver/settle_watch.h"

namespace segrid::deliver {
namespace {

// Waits until all lanes have drained, or for the deadline.
class DrainWait {
 public:
  DrainWait(std::size_t lanes, std::function<void(absl::Status)> done)
      : left_(lanes), done_(std::move(done)) {}

  void OnLane() {
    std::function<void(absl::Status)> done;
    {
      absl::MutexLock lock(&mu_);
      if (--left_ == 0) done.swap(done_);
    }
    if (done != nullptr) done(absl::OkStatus());
  }

  void OnDeadline() {
    std::function<void(absl::Status)> done;
    std::size_t left = 0;
    {
      absl::MutexLock lock(&mu_);
      done.swap(done_);
      left = left_;
    }
    if (done == nullptr) return;
    done(base::MakeError(
        absl::StatusCode::kDeadlineExceeded, "DRAIN_TIMEOUT",
        absl::StrCat("deliveries of ", left,
                     " sources did not end in time; what they have stays "
                     "queued")));
  }

 private:
  absl::Mutex mu_;
  std::size_t left_ ABSL_GUARDED_BY(mu_);
  std::function<void(absl::Status)> done_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

class Deliverer::State {
 public:
  State(Environment environment, const Options& options,
        std::vector<Source> sources)
      : environment_(std::move(environment)),
        watch_(std::make_shared<SettleWatch>(
            environment_.clock, environment_.queue, environment_.executor)) {
    for (Source& source : sources) {
      const std::string name = source.name;
      lanes_.push_back(std::make_shared<Lane>(environment_, options,
                                              std::move(source), *watch_));
      by_name_[name] = lanes_.back().get();
    }
  }

  ~State() {
    watch_->Clear();
    for (const auto& lane : lanes_) lane->Abandon();
  }

  const std::vector<std::shared_ptr<Lane>>& lanes() const { return lanes_; }
  SettleWatch& watch() { return *watch_; }

  absl::StatusOr<Lane*> Find(std::string_view name) const {
    const auto lane = by_name_.find(name);
    if (lane != by_name_.end()) return lane->second;
    return base::MakeError(
        absl::StatusCode::kNotFound, "UNKNOWN_SOURCE",
        absl::StrCat("the configuration has no source '",
                     absl::string_view(name.data(), name.size()), "'"));
  }

  void Drain(absl::Time deadline, std::function<void(absl::Status)> done) {
    if (lanes_.empty()) return done(absl::OkStatus());
    const auto wait =
        std::make_shared<DrainWait>(lanes_.size(), std::move(done));
    if (deadline != absl::InfiniteFuture()) {
      drain_timer_ = environment_.executor.After(
          std::max(deadline - environment_.clock.Now(), absl::ZeroDuration()),
          [wait] { wait->OnDeadline(); });
    }
    for (const auto& lane : lanes_) lane->Drain([wait] { wait->OnLane(); });
  }

 private:
  const Environment environment_;
  const std::shared_ptr<SettleWatch> watch_;
  std::vector<std::shared_ptr<Lane>> lanes_;
  std::map<std::string, Lane*, std::less<>> by_name_;
  std::unique_ptr<pool::Timer> drain_timer_;
};

Deliverer::Deliverer(Environment environment, Options options,
                     std::vector<Source> sources)
    : state_(std::make_unique<State>(std::move(environment), options,
                                     std::move(sources))) {}

Deliverer::~Deliverer() = default;

void Deliverer::Start() {
  for (const auto& lane : state_->lanes()) lane->Start();
}

absl::Status Deliverer::Pause(std::string_view source) {
  SEGRID_ASSIGN_OR_RETURN(Lane * lane, state_->Find(source));
  lane->Pause();
  return absl::OkStatus();
}

absl::Status Deliverer::Resume(std::string_view source) {
  SEGRID_ASSIGN_OR_RETURN(Lane * lane, state_->Find(source));
  lane->Resume();
  return absl::OkStatus();
}

absl::StatusOr<SourceStatus> Deliverer::Status(std::string_view source) const {
  SEGRID_ASSIGN_OR_RETURN(Lane * lane, state_->Find(source));
  return lane->status();
}

std::vector<SourceStatus> Deliverer::Statuses() const {
  std::vector<SourceStatus> statuses;
  for (const auto& lane : state_->lanes()) statuses.push_back(lane->status());
  return statuses;
}

void Deliverer::NotifySettled(std::string_view lane, queue::Ticket ticket,
                              absl::Time deadline, SettledDone done) {
  if (auto found = state_->Find(lane); !found.ok()) {
    return done(std::move(found).status());
  }
  state_->watch().Add(std::string(lane), ticket, deadline, std::move(done));
}

void Deliverer::Drain(absl::Time deadline,
                      std::function<void(absl::Status)> done) {
  state_->Drain(deadline, std::move(done));
}

}  // namespace segrid::deliver
