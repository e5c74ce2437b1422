// TLS from PEM files, for both ends.

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"

namespace segrid::bench {

// Paths of PEM files; empty where not used.
struct TlsFiles {
  std::string ca;  // Whom to trust: a client its server, a server its clients.
  std::string cert;  // The own certificate; needs `key`.
  std::string key;
};

// A server's: plain without `cert`; with `ca`, clients must show a certificate.
// INVALID_ARGUMENT names the file that cannot be read or is missing.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentials(
    const TlsFiles& files);

// A client's: the machine's authorities without `ca`; with `cert`, mTLS.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ClientCredentials(
    const TlsFiles& files);

}  // namespace segrid::bench
