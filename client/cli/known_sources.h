// The error for a source that is not known.

#pragma once

#include <string>
#include <vector>

#include "client/cli/server_flags.h"
#include "client/error.h"

namespace segrid::cli {

// `error`; where it is UNKNOWN_SOURCE, with the names that the server knows,
// and the nearest to the one of `asked` that it does not. Asks the server for
// them, which works for operators only; else the error stays as it is.
Error WithKnownSources(Error error, const ServerFlags& server,
                       const std::vector<std::string>& asked);

}  // namespace segrid::cli
