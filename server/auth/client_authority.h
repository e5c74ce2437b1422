// Whether a certificate was issued by the authorities of the configuration.

#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace segrid::auth {

// The authorities of `client_ca`. A handshake has checked each certificate
// already, by the authorities of its time; this tells whether those of now
// would have let it in, so that a connection does not outlive the authority
// that opened it. Remembers what it found.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never; a certificate that it does not know costs what checking
//                two signatures costs.
class ClientAuthority {
 public:
  // `pem` holds the authorities, one or more.
  explicit ClientAuthority(std::string pem) : pem_(std::move(pem)) {}

  const std::string& pem() const { return pem_; }

  // `leaf` is a certificate, `chain` what the client sent with it; both PEM.
  // False for what is no certificate.
  bool Issued(std::string_view leaf, std::string_view chain) const
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  bool Verify(std::string_view leaf, std::string_view chain) const;

  const std::string pem_;
  mutable absl::Mutex mu_;
  mutable std::unordered_map<std::string, bool> known_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::auth
