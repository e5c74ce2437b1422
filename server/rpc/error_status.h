// Errors on their way out: from absl::Status to gRPC.

#pragma once

#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace segrid::rpc {

// The bytes of the `google.rpc.Status` (segrid.rpc.v1.Status) of `status`: code
// and message, and as details its payloads, the ErrorInfo first. A status
// without an ErrorInfo gets one whose reason is the name of its code, so each
// error that leaves the process has one. UNAVAILABLE without a RetryInfo
// gets one of a second, because a retry may help.
//
// Thread safety: functions without state. Blocking: never.
std::string SerializeStatus(const absl::Status& status);

// The same as the end of a call: the bytes go into `grpc-status-details-bin`.
// OK gives OK.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The reason in the ErrorInfo of an error on its way out; without one the name
// of its code.
std::string ReasonOf(const grpc::Status& status);

// UNAVAILABLE, DRAINING: the server is stopping. With RetryInfo.
absl::Status DrainingError();

// INVALID_ARGUMENT, MALFORMED_REQUEST: the bytes are no such message.
absl::Status NotAMessageError(std::string_view message);

// INVALID_ARGUMENT, MALFORMED_REQUEST: gRPC could not give the message's bytes.
absl::Status UnreadableMessageError();

}  // namespace segrid::rpc
