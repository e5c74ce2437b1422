// Who is connected, and who has to go when there are too many.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/http/counts.h"
#include "server/http/options.h"

namespace segrid::httpd {

// Where a connection comes from.
struct Peer {
  std::string name{};  // What it counts for; see Options.
  // Whether limits of a single peer bind it. All of the world may come from a
  // proxy, which then is none.
  bool has_share = true;
  bool is_proxy = false;  // One of Options::trusted_proxies.
};

// What the slots need to know of a connection. Its fields are written by the
// connection and read by others.
class Slot {
 public:
  virtual ~Slot() = default;

  // Ends the connection soon. Any thread; never blocks; may be called twice.
  virtual void Cut(httpd::Cut reason) = 0;
  // Ends it as soon as no request is being worked on.
  virtual void EndSoon() = 0;
  // Ends it if the rules for certificates have changed and would not let it in.
  virtual void CheckAgain() = 0;

  // Set before it enters: which of the listener's sockets it came through.
  std::size_t entrance = 0;
  // The same; then changed by Slots only, under its lock.
  Peer peer{};
  bool entered = false;
  std::atomic<bool> is_shaking = false;  // Hands, for TLS.

  // Nanoseconds of Clock::Uptime(): since when it has waited for a request, or
  // kBusy; and when its time is up, or kNever.
  static constexpr std::int64_t kBusy = INT64_MAX;
  static constexpr std::int64_t kNever = INT64_MAX;
  std::atomic<std::int64_t> waiting_since{kBusy};
  std::atomic<std::int64_t> deadline{kNever};
  std::atomic<httpd::Cut> deadline_reason{httpd::Cut::kHeaderTimeout};
};

// The connections of a listener.
//
// Ownership:     none: a connection must Leave before it goes, entered or not.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never, but for WaitUntilEmpty.
class Slots {
 public:
  explicit Slots(const Options& options) : options_(options) {}

  // Gives a connection a slot, or says why there is none. Somebody may have to
  // make room for it.
  enum class Verdict : std::uint8_t { kEntered, kTooMany, kTooManyOfPeer };
  [[nodiscard]] Verdict Enter(const std::shared_ptr<Slot>& slot);
  void Leave(Slot& slot);

  // The connection turns out to be of another peer. False when that has too
  // many already.
  [[nodiscard]] bool Rename(Slot& slot, Peer peer);
  void EndHandshake(Slot& slot);

  // Closes the connection that has waited longest for a request. False when
  // none waits.
  bool MakeRoom();

  // Cuts every connection whose time is up.
  void Sweep(absl::Duration uptime);

  // Ends every connection, also those that enter from now on, once it is idle.
  void EndSoon();
  // Ends those that came through `entrance`, once they are idle.
  void EndSoonOf(std::size_t entrance);
  // Has every connection look whether it may stay.
  void CheckAgain();
  // True from the moment EndSoon() begins, before any connection hears of it.
  bool ending() const { return ending_.load(std::memory_order_acquire); }
  void CutAll();
  // True when all are gone before `deadline`. Blocks.
  bool WaitUntilEmpty(absl::Time deadline);

 private:
  using Live = std::map<Slot*, std::weak_ptr<Slot>>;

  // The one of `peer` (of anyone when it is null) that has waited longest.
  std::shared_ptr<Slot> LongestWaiting(const std::string* peer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Remove(Slot& slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Takes `slot` among those that shake hands; the one that has to go for it.
  std::shared_ptr<Slot> BeginHandshake(Slot& slot)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetHandshake(Slot& slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The oldest of them, of a peer if it is not null. It is no more among them.
  std::shared_ptr<Slot> OldestHandshake(const std::string* peer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<std::shared_ptr<Slot>> All();

  const Options& options_;
  absl::Mutex mu_;
  Live live_ ABSL_GUARDED_BY(mu_);  // Those that count.
  std::map<std::string, std::int32_t> per_peer_ ABSL_GUARDED_BY(mu_);
  std::list<Slot*> handshakes_ ABSL_GUARDED_BY(mu_);  // The oldest first.
  std::map<std::string, std::int32_t> peer_handshakes_ ABSL_GUARDED_BY(mu_);
  std::int64_t present_ ABSL_GUARDED_BY(mu_) = 0;  // With those being cut.
  // Written under the lock, so that nobody enters unseen.
  std::atomic<bool> ending_ = false;
};

}  // namespace segrid::httpd
