// A check of options that are numbers.

#pragma once

#include <CLI/App.hpp>
#include <limits>
#include <string>

namespace segrid::command_line {

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

// For numbers of 0 and more. CLI11's own says the largest number that there is.
inline CLI::Validator NotNegative() {
  return NumberWithin(0, std::numeric_limits<double>::infinity(),
                      "a number, 0 or more");
}

}  // namespace segrid::command_line
