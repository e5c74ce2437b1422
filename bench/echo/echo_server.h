// The ceiling: a server that does nothing but gRPC.

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/grpcpp.h"

namespace segrid::bench {

struct EchoServerOptions {
  std::string listen = "127.0.0.1:0";  // host:port (0 = any free), unix:path
  std::string cert;                    // PEM files. Empty: no TLS.
  std::string key;
  std::string client_ca;  // Empty: clients need no certificate.
};

// Serves EchoService with raw methods of the callback API and the transport
// settings of the product's server. Stops when destroyed.
//
// Thread safety: any thread.
// Errors:        UNAVAILABLE when the address cannot be listened at,
//                INVALID_ARGUMENT when a file cannot be read.
class EchoServer {
 public:
  static absl::StatusOr<std::unique_ptr<EchoServer>> Start(
      const EchoServerOptions& options);
  ~EchoServer();

  // Where it listens, with the port it got.
  const std::string& address() const { return address_; }

 private:
  EchoServer() = default;

  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

// The answer to `request`, as EchoService says it. Shares its slices.
void EchoAnswer(const grpc::ByteBuffer& request, grpc::ByteBuffer& answer);

}  // namespace segrid::bench
