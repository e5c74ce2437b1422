// Where to, and over what connections.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/echo/credentials.h"
#include "grpcpp/channel.h"

namespace segrid::bench {

struct Target {
  std::string address = "127.0.0.1:50051";  // host:port, unix:path
  bool tls = false;
  TlsFiles files;           // TLS only.
  std::string server_name;  // TLS: the name to expect in the certificate.
                            // Empty: the host of `address`.
  std::string path;         // HTTP only: of the URL, "/v1/webhook".
};

// Says why no call has reached a webhook: TLS on one side only, a certificate;
// "" when nothing is found. Blocks for a second at most.
std::string WhyNoWebhook(const Target& target);

// `count` channels, each with a connection of its own, all connected. Blocks up
// to `patience`. UNAVAILABLE when the server cannot be reached by then,
// INVALID_ARGUMENT for files that cannot be read.
absl::StatusOr<std::vector<std::shared_ptr<grpc::Channel>>> Connect(
    const Target& target, int count, absl::Duration patience);

}  // namespace segrid::bench
