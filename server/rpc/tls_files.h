// The certificate, the key and the authorities of a listener, read and checked.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/config/config.h"

namespace segrid::rpc {

// What the files hold. A value.
struct TlsFiles {
  std::string cert;
  std::string key;
  std::string client_ca;  // Empty: clients need no certificate.

  friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

// Reads the files of `tls`, which has a certificate, and checks them, because
// gRPC says nothing about what is wrong with them.
//
// Thread safety: any thread. Blocking: reads the files.
// Errors:        FAILED_PRECONDITION, BAD_CERTIFICATE: a file cannot be read or
//                is no PEM, the key is not that of the certificate, or the
//                certificate is not valid at `now`.
absl::StatusOr<TlsFiles> ReadTlsFiles(const config::Tls& tls, absl::Time now);

}  // namespace segrid::rpc
