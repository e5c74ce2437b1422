// The kinds of receivers that a source can name.

#pragma once

#include <array>
#include <string_view>

namespace segrid::config {

// The words that the key `receiver` takes.
inline constexpr std::array<std::string_view, 8> kReceivers = {
    "segment", "file",      "warehouse",  "rudderstack",
    "jitsu",   "hightouch", "customerio", "http"};

}  // namespace segrid::config
