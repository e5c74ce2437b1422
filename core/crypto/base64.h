// Base64 (RFC 4648, section 4) of input from untrusted peers.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace segrid::crypto {

// The bytes of `text`, or nullopt unless it is the one canonical form: padded,
// without white space, and with the unused bits of the last digit 0. So two
// texts never stand for the same bytes.
//
// Thread safety: a function without state. Blocking: never.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace segrid::crypto
