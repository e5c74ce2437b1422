// From our error to gRPC's status, as a server sends it.

#pragma once

#include <grpcpp/support/status.h>

#include "client/error.h"

namespace segrid::testing {

// Code, message, and as `google.rpc` details reason, metadata, retry delay and
// field violations. The other way is internal::ErrorFromStatus().
grpc::Status StatusFromError(const Error& error);

}  // namespace segrid::testing
