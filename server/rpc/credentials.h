// The server's side of TLS.

#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/config/config.h"

namespace segrid::rpc {

// Credentials for `tls`: none without a certificate, TLS with one, mTLS (the
// client must show a certificate of `client_ca`) with `client_ca`. The files
// are read once, and checked because gRPC says nothing about what is wrong with
// them.
//
// Thread safety: any thread. Blocking: reads the files.
// Errors:        FAILED_PRECONDITION, BAD_CERTIFICATE: a file cannot be read or
//                is no PEM, the key is not that of the certificate, or the
//                certificate is not valid at `now`.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(
    const config::Tls& tls, absl::Time now);

}  // namespace segrid::rpc
