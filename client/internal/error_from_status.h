// From gRPC's status to ours.

#pragma once

#include <grpcpp/support/status.h>

#include "client/error.h"
#include "segrid/rpc/v1/errors.pb.h"

namespace segrid::internal {

// The error of a call that failed: code and message of `status`, and the
// details of its `grpc-status-details-bin`. Details that cannot be read are
// left out. Line breaks in the message become spaces. Requires !status.ok().
Error ErrorFromStatus(const grpc::Status& status);

// The same for the error that a stream answers in place of a response.
Error ErrorFromStatus(const rpc::v1::Status& status);

}  // namespace segrid::internal
