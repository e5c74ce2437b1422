#include "core/deliver/deliverer.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/deliver/delivery_waiter.h"
#include "core/deliver/source_deliverer.h"

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

// A lane of the queue: who delivers it now, and who still ends what he began.
struct Slot {
  std::string lane_name{};
  std::string name{};                       // The source's; it may get another.
  std::shared_ptr<SourceDeliverer> lane{};  // Null: the source was removed.
  std::shared_ptr<SourceDeliverer>
      before{};            // Null: nobody; else `lane` waits for it.
  SourceStatus counted{};  // By those before that are gone.
  std::vector<std::function<void()>> when_gone{};  // Run when `before` goes.
  // Suspects of those that are gone, for the next one.
  std::vector<queue::Sequence> put_off{};
};

absl::Status UnknownSource(std::string_view name) {
  return base::MakeError(
      absl::StatusCode::kNotFound, "UNKNOWN_SOURCE",
      absl::StrCat("the configuration has no source '",
                   absl::string_view(name.data(), name.size()), "'"));
}

void AddCounts(const SourceStatus& from, SourceStatus& to) {
  to.attempts += from.attempts;
  to.failed_attempts += from.failed_attempts;
  to.messages_sent += from.messages_sent;
}

}  // namespace

class Deliverer::State : public std::enable_shared_from_this<State> {
 public:
  State(Environment environment, const Options& options)
      : environment_(std::move(environment)),
        options_(options),
        waiter_(std::make_shared<DeliveryWaiter>(
            environment_.clock, environment_.queue, environment_.executor)) {}

  DeliveryWaiter& waiter() { return *waiter_; }

  // For the end, when no tasks run.
  void Abandon() {
    waiter_->Clear();
    std::vector<Slot> slots;
    {
      absl::MutexLock lock(&mu_);
      slots.swap(slots_);
    }
    for (const Slot& slot : slots) {
      if (slot.lane != nullptr) slot.lane->Abandon();
      if (slot.before != nullptr) slot.before->Abandon();
    }
  }

  void Start() {
    std::vector<std::shared_ptr<SourceDeliverer>> lanes;
    {
      absl::MutexLock lock(&mu_);
      started_ = true;
      for (const Slot& slot : slots_) {
        if (slot.lane != nullptr) lanes.push_back(slot.lane);
      }
    }
    for (const auto& lane : lanes) lane->Start();
  }

  void Put(Source source) {
    if (source.lane.empty()) source.lane = source.name;
    const std::string name = source.name;
    const std::string lane_name = source.lane;
    const auto lane = std::make_shared<SourceDeliverer>(
        environment_, options_, std::move(source), *waiter_);
    std::shared_ptr<SourceDeliverer> old;
    {
      absl::MutexLock lock(&mu_);
      if (draining_) return;
      Slot* const found = FindSlot(lane_name);
      Slot& slot = found != nullptr ? *found : slots_.emplace_back();
      slot.lane_name = lane_name;
      slot.name = name;
      if (slot.lane != nullptr && slot.lane->paused()) lane->Pause();
      old = std::exchange(slot.lane, lane);
      // Start() or OnGone() starts it; the old one never began.
      if (!started_ || slot.before != nullptr) return;
      slot.before = old;
      if (old == nullptr) lane->Adopt(std::exchange(slot.put_off, {}));
    }
    if (old != nullptr) {
      LetGo(lane_name, old);
    } else {
      lane->Start();
    }
  }

  void Remove(std::string_view lane_name) {
    std::shared_ptr<SourceDeliverer> old;
    {
      absl::MutexLock lock(&mu_);
      Slot* const slot = FindSlot(lane_name);
      if (draining_ || slot == nullptr) return;
      old = std::exchange(slot->lane, nullptr);
      if (old == nullptr || !started_ || slot->before != nullptr) return;
      slot->before = old;
    }
    LetGo(std::string(lane_name), old);
  }

  absl::StatusOr<std::shared_ptr<SourceDeliverer>> Find(
      std::string_view name) const {
    absl::MutexLock lock(&mu_);
    const auto slot = Locate(name);
    if (slot != slots_.end()) return slot->lane;
    return UnknownSource(name);
  }
  absl::StatusOr<std::shared_ptr<SourceDeliverer>> FindByLane(
      std::string_view lane_name) {
    absl::MutexLock lock(&mu_);
    const Slot* const slot = FindSlot(lane_name);
    if (slot != nullptr && slot->lane != nullptr) return slot->lane;
    return UnknownSource(lane_name);
  }

  absl::StatusOr<SourceStatus> Status(std::string_view name) const {
    SEGRID_RETURN_IF_ERROR(Find(name).status());
    absl::MutexLock lock(&mu_);
    const auto slot = Locate(name);
    if (slot == slots_.end()) return absl::NotFoundError("");
    return StatusOf(*slot);
  }

  std::vector<SourceStatus> Statuses() const {
    absl::MutexLock lock(&mu_);
    std::vector<SourceStatus> statuses;
    for (const Slot& slot : slots_) {
      if (slot.lane != nullptr) statuses.push_back(StatusOf(slot));
    }
    return statuses;
  }

  void Drain(absl::Time deadline, std::function<void(absl::Status)> done) {
    std::vector<std::shared_ptr<SourceDeliverer>> lanes;
    std::shared_ptr<DrainWait> wait;
    {
      absl::MutexLock lock(&mu_);
      draining_ = true;
      std::size_t count = 0;
      for (const Slot& slot : slots_) {
        count += slot.before != nullptr || slot.lane != nullptr ? 1 : 0;
      }
      if (count > 0) wait = std::make_shared<DrainWait>(count, std::move(done));
      for (Slot& slot : slots_) {
        if (slot.before != nullptr) {
          slot.when_gone.emplace_back([wait] { wait->OnLane(); });
        } else if (slot.lane != nullptr) {
          lanes.push_back(slot.lane);
        }
      }
    }
    if (wait == nullptr) return done(absl::OkStatus());
    if (deadline != absl::InfiniteFuture()) {
      drain_timer_ = environment_.executor.After(
          std::max(deadline - environment_.clock.Now(), absl::ZeroDuration()),
          [wait] { wait->OnDeadline(); });
    }
    for (const auto& lane : lanes) lane->Drain([wait] { wait->OnLane(); });
  }

 private:
  using Slots = std::vector<Slot>;

  // The source of this name that delivers.
  Slots::const_iterator Locate(std::string_view name) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return std::find_if(slots_.begin(), slots_.end(), [name](const Slot& slot) {
      return slot.lane != nullptr && slot.name == name;
    });
  }
  Slot* FindSlot(std::string_view lane_name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const auto found = std::find_if(
        slots_.begin(), slots_.end(),
        [lane_name](const Slot& slot) { return slot.lane_name == lane_name; });
    return found == slots_.end() ? nullptr : &*found;
  }

  static SourceStatus StatusOf(const Slot& slot) {
    SourceStatus status = slot.lane->status();
    AddCounts(slot.counted, status);
    if (slot.before != nullptr) {
      const SourceStatus before = slot.before->status();
      AddCounts(before, status);
      status.in_flight += before.in_flight;
    }
    return status;
  }

  // `old` takes no more; OnGone() follows.
  void LetGo(const std::string& lane_name,
             const std::shared_ptr<SourceDeliverer>& old) {
    old->Drain([weak = weak_from_this(), lane_name] {
      if (const auto self = weak.lock()) self->OnGone(lane_name);
    });
  }

  // The lane before ended what it had in flight.
  void OnGone(const std::string& lane_name) {
    std::shared_ptr<SourceDeliverer> gone, next;
    std::vector<std::function<void()>> when_gone;
    {
      absl::MutexLock lock(&mu_);
      Slot* const slot = FindSlot(lane_name);
      if (slot == nullptr) return;
      gone.swap(slot->before);
      when_gone.swap(slot->when_gone);
      if (gone != nullptr) {
        AddCounts(gone->status(), slot->counted);
        slot->put_off = gone->PutOff();
      }
      if (!draining_) next = slot->lane;
      if (next != nullptr) next->Adopt(std::exchange(slot->put_off, {}));
    }
    if (next != nullptr) next->Start();
    for (const auto& each : when_gone) each();
  }

  const Environment environment_;
  const Options options_;
  const std::shared_ptr<DeliveryWaiter> waiter_;
  mutable absl::Mutex mu_;
  Slots slots_ ABSL_GUARDED_BY(mu_);
  bool started_ ABSL_GUARDED_BY(mu_) = false;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  std::unique_ptr<pool::Timer> drain_timer_;  // Drain() is called once.
};

Deliverer::Deliverer(Environment environment, Options options,
                     std::vector<Source> sources)
    : state_(std::make_shared<State>(std::move(environment), options)) {
  for (Source& source : sources) state_->Put(std::move(source));
}

Deliverer::~Deliverer() { state_->Abandon(); }

void Deliverer::Start() { state_->Start(); }

void Deliverer::Put(Source source) { state_->Put(std::move(source)); }

void Deliverer::Remove(std::string_view lane) { state_->Remove(lane); }

absl::Status Deliverer::Pause(std::string_view source) {
  SEGRID_ASSIGN_OR_RETURN(const auto lane, state_->Find(source));
  lane->Pause();
  return absl::OkStatus();
}

absl::Status Deliverer::Resume(std::string_view source) {
  SEGRID_ASSIGN_OR_RETURN(const auto lane, state_->Find(source));
  lane->Resume();
  return absl::OkStatus();
}

absl::StatusOr<SourceStatus> Deliverer::Status(std::string_view source) const {
  return state_->Status(source);
}

std::vector<SourceStatus> Deliverer::Statuses() const {
  return state_->Statuses();
}

void Deliverer::NotifySettled(std::string_view lane, queue::Ticket ticket,
                              const WaitEnd& end, SettledDone done) {
  auto found = state_->FindByLane(lane);
  if (!found.ok()) return done(std::move(found).status());
  const std::shared_ptr<SourceDeliverer> source = *std::move(found);
  state_->waiter().Add(std::string(lane), ticket, end,
                       [source, done = std::move(done)](
                           const absl::StatusOr<queue::Progress>& progress) {
                         if (!progress.ok()) return done(progress.status());
                         SettledCounts counts;
                         static_cast<queue::Progress&>(counts) = *progress;
                         counts.state = source->status().state;
                         done(counts);
                       });
  // After the wait is known, so that it is either found now, or when the source
  // stops.
  if (IsStopped(source->status().state)) state_->waiter().OnStopped(lane);
}

void Deliverer::NoteSettled(std::string_view lane) {
  state_->waiter().OnSettled(lane, {1, ~queue::Sequence{0}});
}

void Deliverer::Drain(absl::Time deadline,
                      std::function<void(absl::Status)> done) {
  state_->Drain(deadline, std::move(done));
}

}  // namespace segrid::deliver
