// Every program of bench/ runs with the settings of the server's process.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Programs, HaveTheSettingsOfTheServersProcess) {
  const std::filesystem::path sources = SEGRID_SOURCE_DIR;
  int programs = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(sources / "bench")) {
    if (!entry.is_regular_file()) continue;
    const std::string text = Read(entry.path());
    if (entry.path().filename() == "CMakeLists.txt") {
      EXPECT_THAT(text, Not(HasSubstr("benchmark_main"))) << entry.path();
    }
    if (entry.path().extension() != ".cc") continue;
    if (text.find("\nint main(") == std::string::npos) continue;
    ++programs;
    EXPECT_THAT(text, HasSubstr("base::TuneProcess();")) << entry.path();
  }
  EXPECT_GE(programs, 5);
  EXPECT_THAT(Read(sources / "server/main.cc"),
              HasSubstr("base::TuneProcess();"));
}

}  // namespace
}  // namespace segrid::bench
