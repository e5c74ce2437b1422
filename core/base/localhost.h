// Names that need no name server, because everybody knows the answer.

#pragma once

#include <string_view>

namespace segrid::base {

// True for `localhost` and names below it, in any case: this machine, whatever
// a name server says (RFC 6761, 6.3).
bool IsLocalhost(std::string_view name);

// True for names below `invalid`: there is none (RFC 6761, 6.4).
bool IsInvalidName(std::string_view name);

}  // namespace segrid::base
