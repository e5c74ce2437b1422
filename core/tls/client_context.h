// Whom we trust when we call others.

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "boost/asio/ssl/context.hpp"

namespace segrid::tls {

struct ContextOptions {
  // PEM file with authorities that are trusted besides the system's. Empty:
  // the system's alone.
  std::string ca_file{};
  // PEM files of the certificate (with its chain) that we show, and of its key.
  // Empty: none is shown.
  std::string cert_file{};
  std::string key_file{};
};

// A context for outgoing connections: TLS 1.2 or newer, the peer's certificate
// is always verified, ALPN offers http/1.1. Connections add the host's name.
// May be shared by connections of any thread.
// INVALID_ARGUMENT/BAD_CA_FILE:          it cannot be read or has no
//                                        certificate.
// INVALID_ARGUMENT/BAD_CLIENT_CERT:      certificate or key cannot be read, or
//                                        they do not belong together.
// FAILED_PRECONDITION/TLS_UNAVAILABLE:   OpenSSL cannot be set up.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> MakeClientContext(
    const ContextOptions& options);

}  // namespace segrid::tls
