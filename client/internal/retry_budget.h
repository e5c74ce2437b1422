// Keeps retries from multiplying the load of a server in trouble.

#pragma once

#include <cstdint>
#include <mutex>

namespace segrid::internal {

// A purse of retries, shared by the calls of a connection. Thread safety: any
// thread, any time. Blocking: never.
class RetryBudget {
 public:
  // `retries` is above 0.
  explicit RetryBudget(std::int32_t retries)
      : full_(std::int64_t{retries} * kTenths), left_(full_) {}

  // Takes one retry; false when there is none left.
  bool Take() {
    const std::lock_guard lock(mutex_);
    if (left_ < kTenths) return false;
    left_ -= kTenths;
    return true;
  }

  // Gives back a tenth of a retry.
  void Succeeded() {
    const std::lock_guard lock(mutex_);
    if (left_ < full_) ++left_;
  }

 private:
  static constexpr std::int64_t kTenths = 10;

  const std::int64_t full_;
  std::mutex mutex_;
  std::int64_t left_;  // In tenths. Guarded by mutex_.
};

}  // namespace segrid::internal
