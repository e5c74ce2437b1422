// The last hour, in steps.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/pool/executor.h"

namespace segrid::status_page {

// Totals since the start, at one moment.
struct Totals {
  std::int64_t received = 0;
  std::int64_t tracks = 0;
  std::int64_t skipped = 0;
  std::int64_t rejected = 0;
  std::int64_t delivered = 0;
  std::int64_t failed_attempts = 0;
};

// The growth of each total between two moments.
using Step = Totals;

// Takes the totals every ten seconds and keeps the differences of an hour.
//
// Ownership:     keeps a reference to the executor, which must outlive it and
//                be stopped, or idle, when it goes.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      not for long.
class History : public std::enable_shared_from_this<History> {
 public:
  static constexpr absl::Duration kStep = absl::Seconds(10);
  static constexpr std::size_t kSteps = 360;

  explicit History(std::function<Totals()> take) : take_(std::move(take)) {}

  // Takes the first totals now and the next every kStep.
  void Start(pool::Executor& executor);

  // Ends a step now; what the timer does.
  void Take();

  // The steps that have ended, oldest first, at most kSteps.
  std::vector<Step> Steps() const;

 private:
  void Schedule(pool::Executor& executor);

  const std::function<Totals()> take_;
  mutable absl::Mutex mu_;
  Totals last_ ABSL_GUARDED_BY(mu_);
  bool has_last_ ABSL_GUARDED_BY(mu_) = false;
  std::array<Step, kSteps> ring_ ABSL_GUARDED_BY(mu_){};
  std::size_t count_ ABSL_GUARDED_BY(mu_) = 0;  // Steps so far.
  std::unique_ptr<pool::Timer> timer_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::status_page
