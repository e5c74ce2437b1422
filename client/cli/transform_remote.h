// Transform by a server.

#pragma once

#include <string>

#include "client/cli/transform_answer.h"
#include "client/client.h"

namespace segrid::cli {

// Sends the body as it is and asks for batch JSON. Errors: those of
// Client::Transform; INTERNAL when the answer cannot be understood.
Result<TransformAnswer> TransformRemote(const Client& client, std::string body,
                                        const std::string& source);

// Sends the body's events as typed messages and asks for typed Tracks; the
// answer has the indices of the body. Elements that are no objects cannot be
// sent: they are rejected here. Errors besides: INVALID_ARGUMENT when the body
// is no JSON array.
Result<TransformAnswer> TransformTyped(const Client& client,
                                       const std::string& body,
                                       const std::string& source);

}  // namespace segrid::cli
