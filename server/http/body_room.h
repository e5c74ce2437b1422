// Who gets how much of the memory for bodies, and who has to go when it is
// short.

#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/budget/byte_budget.h"
#include "server/http/options.h"
#include "server/http/slots.h"

namespace segrid::httpd {

// The body of one request: what is reserved for it, and how it comes in. Its
// connection changes it through BodyRoom only.
struct BodyShare {
  std::weak_ptr<Slot> connection{};
  std::string peer{};  // Empty: bound by no share of a single peer.
  // The request has shown by its head whose it is.
  bool is_authenticated = false;

  std::atomic<std::int64_t> received_bytes{0};

  // Under BodyRoom's lock.
  bool is_reading = false;
  std::int64_t announced_bytes = 0;  // 0: it comes in chunks.
  std::int64_t reserved_bytes = 0;
  // Room that newer requests leave to it beyond what is reserved.
  std::int64_t promised_bytes = 0;
  absl::Duration began{};
  // What had come at the begin of the window in which the least rate must be
  // reached, and when that was.
  absl::Duration rate_begin{};
  std::int64_t rate_bytes = 0;
  // The same for finding the slowest: of this window and of the last.
  absl::Duration window_begin{};
  std::int64_t window_bytes = 0;
  absl::Duration last_window_begin{};
  std::int64_t last_window_bytes = 0;
};

// A request reserves what has come and the next step, not what it announces: an
// announcement costs its sender nothing. Newer requests wait until the rest of
// it has room, too, because otherwise all of them would begin and none could be
// read to its end. This promise is small, and is taken back from who is slow.
// While room is short,
//   - a peer gets no more than a quarter of it,
//   - and the request that brings the least per second, of those that are slow
//     and whose sender is not known, is cut.
//
// Ownership:     keeps references to `options` and `budget`. A share must be
//                released before it goes.
// Thread safety: every method may be called from any thread at any time; those
//                of one share one after the other.
// Blocking:      never.
class BodyRoom {
 public:
  BodyRoom(const Options& options, budget::ByteBudget& budget)
      : options_(options), budget_(budget) {}

  // From now on the share's body is being read. `announced_bytes`: its length,
  // or 0 when nobody knows it.
  void Begin(BodyShare& share, std::int64_t announced_bytes,
             absl::Duration now);
  // Makes the share `total_bytes` large. False when there is no room: then
  // somebody who is slower may have been cut, so ask again a little later.
  [[nodiscard]] bool Grow(BodyShare& share, std::int64_t total_bytes,
                          absl::Duration now);
  // The body is there as a whole. The bytes stay reserved.
  void EndReading(BodyShare& share);
  // Gives all of it back. Idempotent.
  void Release(BodyShare& share);

  // Cuts bodies that bring less than the least rate. Call now and then.
  void Sweep(absl::Duration now);

 private:
  // Nobody else has anything.
  bool IsAlone(const BodyShare& share) const {
    return budget_.used_bytes() == share.reserved_bytes;
  }
  // The bytes that stay promised to the share when it has `total_bytes`.
  std::int64_t PromiseFor(const BodyShare& share,
                          std::int64_t total_bytes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // With `more` bytes its peer would have too many while room is short.
  bool IsBound(const BodyShare& share, std::int64_t more) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // It begins, and would take the room of those that have begun.
  bool Crowds(const BodyShare& share, std::int64_t more) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SetShare(BodyShare& share, std::int64_t reserved_bytes,
                std::int64_t promised_bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The one to cut for `wanting`, or null.
  BodyShare* Slowest(const BodyShare& wanting, absl::Duration now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void StopReading(BodyShare& share) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Options& options_;
  budget::ByteBudget& budget_;
  absl::Mutex mu_;
  std::set<BodyShare*> reading_ ABSL_GUARDED_BY(mu_);
  // For somebody slow, when the last look found none.
  absl::Duration next_look_ ABSL_GUARDED_BY(mu_){};
  // Promised to all of them.
  std::int64_t promised_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  // Reserved for and promised to a peer.
  std::map<std::string, std::int64_t> peer_bytes_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::httpd
