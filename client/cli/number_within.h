// A check of options that are numbers.

#pragma once

#include <CLI/App.hpp>
#include <string>

namespace segrid::cli {

// For numbers of `low` to `high`, as `demand` calls it in words. CLI11's own
// range lets `nan` pass, which is in no range.
inline CLI::Validator NumberWithin(double low, double high,
                                   const std::string& demand) {
  return CLI::Validator(
      [low, high, demand](const std::string& text) {
        double number = 0;
        const bool good = CLI::detail::lexical_cast(text, number) &&
                          low <= number && number <= high;
        return good ? std::string() : "must be " + demand;
      },
      "");
}

}  // namespace segrid::cli
