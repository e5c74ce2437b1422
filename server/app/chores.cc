#include "server/app/chores.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace segrid::app {
namespace {

// A file's interval may be set anew by a reload, so it is not waited for.
constexpr absl::Duration kMaxInterval = absl::Seconds(1);

}  // namespace

absl::Duration Chores::interval() const {
  const absl::Duration alive = supervisor_.alive_interval();
  return alive > absl::ZeroDuration() ? std::min(alive, kMaxInterval)
                                      : kMaxInterval;
}

void Chores::DoWhatIsDue() {
  const absl::Time now = absl::Now();
  const absl::Duration alive = supervisor_.alive_interval();
  if (alive > absl::ZeroDuration() && now - alive_at_ >= alive / 2) {
    alive_at_ = now;
    // From the pool: a service whose threads all hang shall not seem alive.
    application_.Post([&supervisor = supervisor_] { supervisor.Alive(); });
  }
  if (!is_trimming_.exchange(true)) {
    thread_.Post([this] {
      trimmer_.TrimIfDue(clock_.Uptime());
      is_trimming_ = false;
    });
  }
  const absl::Duration look = application_.reload().interval;
  if (look > absl::ZeroDuration() && now - looked_at_ >= look) {
    looked_at_ = now;
    reloads_.LookForChanges();
  }
}

}  // namespace segrid::app
