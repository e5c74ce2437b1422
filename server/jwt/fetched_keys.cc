#include "server/jwt/fetched_keys.h"

#include <utility>

#include "absl/time/clock.h"

namespace segrid::jwt {

std::shared_ptr<const KeySet> FetchedKeys::Get() const {
  absl::MutexLock lock(&mu_);
  return keys_;
}

void FetchedKeys::Set(std::shared_ptr<const KeySet> keys) {
  absl::MutexLock lock(&mu_);
  keys_ = std::move(keys);
  fetched_ = begun_;
}

bool FetchedKeys::WantFresh() {
  const absl::Time now = absl::Now();
  absl::MutexLock lock(&mu_);
  // Fetched just now: the issuer does not know the key either.
  if (!is_wanted_ && now - fetched_ < kMinInterval) return false;
  if (now - begun_ >= kMinInterval) is_wanted_ = true;
  return true;
}

void FetchedKeys::BeginFetch() {
  absl::MutexLock lock(&mu_);
  is_wanted_ = false;
  begun_ = absl::Now();
}

bool FetchedKeys::WaitUntilWanted(absl::Duration interval) {
  const auto is_due = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return is_wanted_ || is_stopped_;
  };
  absl::MutexLock lock(&mu_);
  mu_.AwaitWithTimeout(absl::Condition(&is_due), interval);
  return !is_stopped_;
}

void FetchedKeys::Stop() {
  absl::MutexLock lock(&mu_);
  is_stopped_ = true;
}

}  // namespace segrid::jwt
