// A check of options that are counts.

#pragma once

#include <CLI/App.hpp>
#include <string>

namespace segrid::cli {

// For numbers of 0 and more. CLI11's own says the largest number that there is.
inline CLI::Validator NotNegative() {
  return CLI::Validator(
      [](const std::string& text) {
        double number = 0;
        const bool good =
            CLI::detail::lexical_cast(text, number) && number >= 0;
        return std::string(good ? "" : "must be a number, 0 or more");
      },
      "");
}

}  // namespace segrid::cli
