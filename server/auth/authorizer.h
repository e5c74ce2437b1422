// Who may call what.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "core/config/config.h"
#include "server/auth/certificate_names.h"
#include "server/auth/client_authority.h"
#include "server/auth/role.h"
#include "server/auth/token_set.h"
#include "server/auth/unix_peers.h"

namespace segrid::auth {

// What is known of who makes a call. Views.
struct Caller {
  // The value of its `authorization` header; empty without one.
  std::string_view authorization;
  // Of the certificate that its TLS handshake proved, if any: its names, it
  // itself and what came with it, in PEM.
  std::vector<CertificateName> names;
  std::string_view certificate;
  std::string_view chain;
  // Set when the call came over a Unix socket.
  std::optional<UnixGrant> unix_grant{};
};

// Checks callers against the configuration's tokens, names and authorities of
// certificates: all that are configured. With none everybody may do everything:
// then the listener's address is the guard. For peers of Unix sockets the
// kernel's word stands in place of the certificate.
//
// Each Replace begins a new generation. Who keeps a caller for longer than one
// call remembers the generation of the last Check, and checks again when it is
// another one.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class Authorizer {
 public:
  // `client_ca` is the text of the authorities' file; "" without mTLS.
  explicit Authorizer(const config::Grpc& config, std::string client_ca = "") {
    Replace(config, std::move(client_ca));
  }

  // Takes other tokens, names and authorities, for calls that begin from now
  // on, and for open ones when they are checked again.
  void Replace(const config::Grpc& config, std::string client_ca = "")
      ABSL_LOCKS_EXCLUDED(mu_);

  // True if Check allows everything: the caller need not be looked at.
  bool open() const { return open_.load(std::memory_order_relaxed); }

  // Grows with each Replace.
  std::uint64_t generation() const {
    return generation_.load(std::memory_order_acquire);
  }

  // OK, or:
  // PERMISSION_DENIED, CALLER_NOT_ALLOWED: no name of the certificate is among
  //                                        the allowed ones, or its authority
  //                                        is none any more.
  // UNAUTHENTICATED,   TOKEN_MISSING:      no `authorization: Bearer <token>`.
  // UNAUTHENTICATED,   TOKEN_UNKNOWN:      the token is none of ours.
  // PERMISSION_DENIED, ROLE_MISSING:       the token, or the peer of the Unix
  //                                        socket, is not good for `role`.
  absl::Status Check(const Caller& caller, Role role) const
      ABSL_LOCKS_EXCLUDED(mu_);

  // Who the caller is, as far as it has proved that: the certificate's allowed
  // name, or its first one; "a peer of the Unix socket"; the place of its token
  // in the configuration, `grpc.tokens[0]`. Empty when it proved nothing.
  std::string Describe(const Caller& caller) const ABSL_LOCKS_EXCLUDED(mu_);

  // Only whether the authority of the certificate is one still; for methods
  // that anyone may call who can connect.
  absl::Status CheckAuthority(const Caller& caller) const
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Rules {
    TokenSet tokens;
    AllowedNames names;
    // Null while the authorities are those of the start: then the handshake has
    // checked it.
    std::shared_ptr<const ClientAuthority> authority;
  };

  std::shared_ptr<const Rules> rules() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return rules_;
  }

  std::atomic<bool> open_{true};
  std::atomic<std::uint64_t> generation_{0};
  mutable absl::Mutex mu_;
  std::shared_ptr<const Rules> rules_ ABSL_GUARDED_BY(mu_);
  std::optional<std::string> first_ca_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::auth
