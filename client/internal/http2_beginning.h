// The first bytes of a client that speaks HTTP/2.

#pragma once

#include <string_view>

namespace segrid::internal {

// The preface, and settings that are empty; see RFC 9113, section 3.4.
inline constexpr std::string_view kHttp2Beginning(
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", 33);

}  // namespace segrid::internal
