// A server that answers at once, so that what is measured is the caller.

#pragma once

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

// Runs a QuickBridge in a child process, until this one ends, and gives its
// address. Call it before gRPC is used. Aborts when it cannot.
std::string StartPeer();

// The same with all of Segrid: a durable queue in `directory`, Tracks to a
// file.
std::string StartSegrid(const std::string& directory);

}  // namespace segrid::bench
