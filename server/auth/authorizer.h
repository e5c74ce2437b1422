// Who may call what.

#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "core/config/config.h"
#include "server/auth/role.h"
#include "server/auth/token_set.h"

namespace segrid::auth {

// What a call says about who makes it.
struct Caller {
  // The value of its `authorization` header; empty without one.
  std::string_view authorization;
  // The names (DNS, URI, IP) in the certificate that its TLS handshake proved.
  std::vector<std::string_view> names;
};

// Checks callers against the configuration's tokens and names of certificates.
// Both, where both are configured. With neither everybody may do everything:
// then the listener's address is the guard.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class Authorizer {
 public:
  explicit Authorizer(const config::Grpc& config) { Replace(config); }

  // Takes other tokens and names, for calls that begin from now on.
  void Replace(const config::Grpc& config) ABSL_LOCKS_EXCLUDED(mu_);

  // True if Check allows everything: the caller need not be looked at.
  bool open() const { return open_.load(std::memory_order_relaxed); }

  // OK, or:
  // PERMISSION_DENIED, CALLER_NOT_ALLOWED: no name of the certificate is among
  //                                        the allowed ones.
  // UNAUTHENTICATED,   TOKEN_MISSING:      no `authorization: Bearer <token>`.
  // UNAUTHENTICATED,   TOKEN_UNKNOWN:      the token is none of ours.
  // PERMISSION_DENIED, ROLE_MISSING:       the token is not good for `role`.
  absl::Status Check(const Caller& caller, Role role) const
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Rules {
    TokenSet tokens;
    std::vector<std::string> names;
  };

  std::atomic<bool> open_{true};
  mutable absl::Mutex mu_;
  std::shared_ptr<const Rules> rules_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::auth
