#include "tests/server/testing/metrics_page.h"

#include <cstdlib>
#include <sstream>

#include "gtest/gtest.h"
#include "tests/server/http/raw_client.h"

namespace segrid::testing {

std::map<std::string, double> ReadMetrics(int port) {
  std::map<std::string, double> samples;
  const auto answer = RawClient(port).Ask(GetText("/metrics"));
  EXPECT_TRUE(answer.has_value() && answer->status == 200);
  if (!answer.has_value()) return samples;
  std::istringstream lines(answer->body);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.rfind(' ');
    if (line.empty() || line[0] == '#' || space == std::string::npos) continue;
    samples[line.substr(0, space)] =
        std::strtod(line.c_str() + space + 1, nullptr);
  }
  return samples;
}

}  // namespace segrid::testing
