// Decides when calls start: again at once, or when their time comes.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace segrid::bench {

// Lanes ask it whenever a call has ended.
class Driver {
 public:
  virtual ~Driver() = default;

  // True: the lane starts another call at once. Any thread.
  virtual bool Again(std::int64_t now_ns) = 0;
};

// As many calls in flight as there are slots, until a time or a number of calls
// is reached. Thread safety: any thread.
class ClosedLoop final : public Driver {
 public:
  // Counts calls from `window_start_ns` on, when the warm-up is over; `calls` 0
  // = no limit.
  ClosedLoop(std::int64_t window_start_ns, std::int64_t end_ns,
             std::int64_t calls)
      : window_start_ns_(window_start_ns),
        end_ns_(end_ns),
        is_limited_(calls > 0),
        remaining_(calls) {}

  // A slot wants to start its first call.
  bool Enter(std::int64_t now_ns) {
    active_.fetch_add(1);
    return Again(now_ns);
  }

  bool Again(std::int64_t now_ns) override {
    if (now_ns < end_ns_ && !stopped_.load() &&
        (!is_limited_ || now_ns < window_start_ns_ ||
         remaining_.fetch_sub(1) > 0)) {
      return true;
    }
    active_.fetch_sub(1);
    return false;
  }

  void Stop() { stopped_.store(true); }

  // No slot starts calls any more, and none is in flight.
  bool done() const { return active_.load() == 0; }

 private:
  const std::int64_t window_start_ns_;
  const std::int64_t end_ns_;
  const bool is_limited_;
  std::atomic<std::int64_t> remaining_;
  std::atomic<std::int64_t> active_ = 0;
  std::atomic<bool> stopped_ = false;
};

// Calls start when the pacer says so, at most `limit` at a time.
class OpenLoop final : public Driver {
 public:
  explicit OpenLoop(std::int64_t limit) : limit_(limit) {}

  // Waits for room for one more call, until `give_up` passes.
  bool Acquire(std::chrono::steady_clock::time_point give_up) {
    std::unique_lock lock(mu_);
    if (!room_.wait_until(lock, give_up,
                          [this] { return in_flight_ < limit_; })) {
      return false;
    }
    ++in_flight_;
    return true;
  }

  bool Again(std::int64_t) override {
    {
      const std::lock_guard lock(mu_);
      --in_flight_;
    }
    room_.notify_one();
    return false;
  }

  bool idle() {
    const std::lock_guard lock(mu_);
    return in_flight_ == 0;
  }

 private:
  const std::int64_t limit_;
  std::mutex mu_;
  std::condition_variable room_;
  std::int64_t in_flight_ = 0;  // Guarded by mu_.
};

}  // namespace segrid::bench
