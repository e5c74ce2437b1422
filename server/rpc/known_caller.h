// Who makes a call, kept for as long as the call lasts.

#pragma once

#include <grpcpp/security/auth_context.h>
#include <grpcpp/server_context.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "server/auth/authorizer.h"
#include "server/auth/role.h"
#include "server/auth/unix_peers.h"

namespace segrid::rpc {

// What proves who the caller of `context` is. Its views live as long as the
// call, and `proven`, which it fills.
auth::Caller CallerOf(const grpc::CallbackServerContext& context,
                      std::shared_ptr<const grpc::AuthContext>& proven);

// The property of a connection that says what the peer of a Unix socket may do;
// see unix_credentials.h.
inline constexpr char kUnixGrantProperty[] = "segrid_unix_grant";
std::string SerializeGrant(const auth::UnixGrant& grant);

// The caller of a stream or a watch. Outlives the call's context.
//
// Ownership:     keeps a reference to the authorizer.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class KnownCaller {
 public:
  // With `role`, the caller needs it; without, Check asks for the authority of
  // its certificate only.
  KnownCaller(const auth::Authorizer& authorizer,
              const grpc::CallbackServerContext& context,
              std::optional<auth::Role> role);

  // OK while the caller may do what it was admitted for; else the errors of
  // auth::Authorizer::Check. Costs one comparison while nothing has changed.
  absl::Status Check() const;

 private:
  const auth::Authorizer& authorizer_;
  const std::optional<auth::Role> role_;
  std::string authorization_;
  std::shared_ptr<const grpc::AuthContext> proven_;
  auth::Caller caller_;                      // Views into the two above.
  mutable std::atomic<std::uint64_t> good_;  // The last generation that was.
};

}  // namespace segrid::rpc
