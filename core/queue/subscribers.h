// Who wants to know that a lane has something to take.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/queue/queue.h"

namespace segrid::queue {

// The callbacks of Queue::Subscribe. Must outlive its subscriptions. Thread
// safety: any thread; Notify may run in several at a time.
class Subscribers {
 public:
  std::unique_ptr<Subscription> Add(std::string lane,
                                    std::function<void()> on_ready);

  // Runs the callbacks of `lane`.
  void Notify(std::string_view lane);

 private:
  class Entry;

  // Callbacks run under the reader lock: removing one waits for it.
  absl::Mutex mu_;
  std::map<std::uint64_t, std::pair<std::string, std::function<void()>>>
      entries_ ABSL_GUARDED_BY(mu_);
  std::uint64_t last_id_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace segrid::queue
