// The gRPC channel under a connection.

#pragma once

#include <grpcpp/channel.h>
#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>

#include "client/client_options.h"
#include "client/internal/connect_probe.h"
#include "client/result.h"

namespace segrid::internal {

// A channel and what calls over it need to know. A plain value.
struct Channel {
  std::shared_ptr<grpc::Channel> grpc;
  std::string address;  // As configured, for messages.
  std::chrono::nanoseconds timeout;
  bool wait_for_ready;
  std::string authorization;  // Value of that header; empty: none.
  pid_t process;  // The process that made it: gRPC is lost in others.
  std::shared_ptr<ConnectProbe> probe{};  // Says why there is no connection.
};

// Makes the channel that `options` describe. Reads the TLS files, at most 1 MiB
// each; opens no connection. INVALID_ARGUMENT, `BAD_OPTION` when the options
// are out of range or a file cannot be read.
Result<Channel> OpenChannel(const ClientOptions& options);

// gRPC's name for `address`: lists of `ipv4:port` get the scheme that gRPC
// wants; everything else stays as it is.
std::string TargetOf(const std::string& address);

}  // namespace segrid::internal
