#include "client/cli/confirm.h"

#include <iostream>

namespace segrid::cli {

bool SaysYes(Console& console, const std::string& question) {
  console.err << Printable(question) << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace segrid::cli
