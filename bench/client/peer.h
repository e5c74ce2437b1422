// A server that answers at once, so that what is measured is the caller.

#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "segrid/v1/bridge.grpc.pb.h"

namespace segrid::bench {

// Answers every Forward with the counts of its events and does nothing with
// them. Thread safety: any thread.
class QuickBridge final : public v1::BridgeService::Service {
  grpc::Status Forward(grpc::ServerContext* context,
                       const v1::ForwardRequest* request,
                       v1::ForwardResponse* response) override;
};

// A child process that serves until this goes, or this process. Make it before
// gRPC is used. Aborts when it cannot be made.
class Peer {
 public:
  // `serve` starts to serve in the child, and gives the address.
  explicit Peer(const std::function<std::string()>& serve);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  const std::string& address() const { return address_; }

 private:
  pid_t child_ = 0;
  std::string address_;
};

// A QuickBridge.
Peer StartPeer();

// All of Segrid: a durable queue in `directory`, Tracks to a file.
Peer StartSegrid(const std::string& directory);

}  // namespace segrid::bench
