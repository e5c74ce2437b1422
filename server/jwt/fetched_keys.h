// Keys that come over the network, as those who need them see them.

#pragma once

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/jwt/key_set.h"

namespace segrid::jwt {

// Filled by a KeyFetcher, read by verifiers; they share it.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never, but for WaitUntilWanted.
class FetchedKeys {
 public:
  // Between two fetches, however much somebody wants one: who sends tokens with
  // made-up names of keys must not make us ask the issuer each time.
  static constexpr absl::Duration kMinInterval = absl::Seconds(10);

  // Null before the first fetch has succeeded.
  std::shared_ptr<const KeySet> Get() const;
  void Set(std::shared_ptr<const KeySet> keys);

  // A token names a key that is not here. True if the keys will be fetched anew
  // for it, so that it is worth coming again.
  bool WantFresh();

  // Notes that a fetch begins.
  void BeginFetch();
  // Waits until somebody wants fresh keys, `interval` is over, or Stop(); false
  // then.
  bool WaitUntilWanted(absl::Duration interval);
  void Stop();

 private:
  mutable absl::Mutex mu_;
  std::shared_ptr<const KeySet> keys_ ABSL_GUARDED_BY(mu_);
  absl::Time begun_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  absl::Time fetched_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  bool is_wanted_ ABSL_GUARDED_BY(mu_) = true;
  bool is_stopped_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace segrid::jwt
