// Percent-encoding of URLs.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace segrid::base {

// `%40` becomes `@`; nullopt where two digits are missing.
std::optional<std::string> PercentDecoded(std::string_view text);

}  // namespace segrid::base
