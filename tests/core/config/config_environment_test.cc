#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/config/environment.h"
#include "gtest/gtest.h"

namespace segrid::config {
namespace {

TEST(ProcessEnvironment, ReadsVariables) {
  ASSERT_EQ(setenv("SEGRID_ENVIRONMENT_TEST", "value", 1), 0);
  const Environment environment = ProcessEnvironment();
  EXPECT_EQ(environment.variable("SEGRID_ENVIRONMENT_TEST"), "value");
  ASSERT_EQ(unsetenv("SEGRID_ENVIRONMENT_TEST"), 0);
  EXPECT_EQ(environment.variable("SEGRID_ENVIRONMENT_TEST"), std::nullopt);
}

TEST(ProcessEnvironment, ReadsFilesUpToABound) {
  std::string folder = ::testing::TempDir() + "segrid_environment_XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/file";
  std::ofstream(path, std::ios::binary) << std::string("a\0b\n", 4);
  const Environment environment = ProcessEnvironment();
  EXPECT_EQ(*environment.read_file(path, 4), std::string("a\0b\n", 4));
  EXPECT_EQ(environment.read_file(path, 3).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(environment.read_file(folder + "/none", 4).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(environment.read_file(folder, 4).ok());
  EXPECT_EQ(environment.read_file("/dev/zero", 4).status().code(),
            absl::StatusCode::kResourceExhausted);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace segrid::config
