#include "tests/testing/data_files.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace segrid::testing {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  const std::ifstream file(path, std::ios::binary);
  if (!file) std::abort();
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

std::string ReadDataFile(std::string_view path) {
  return ReadFile(fs::path(SEGRID_SOURCE_DIR) / path);
}

std::map<std::string, std::string> RealBodies() {
  std::map<std::string, std::string> bodies;
  for (const char* folder : {"sendgrid", "bench"}) {
    const fs::path all = fs::path(SEGRID_SOURCE_DIR) / "tests/data" / folder;
    for (const auto& entry : fs::directory_iterator(all)) {
      if (entry.path().extension() != ".json") continue;
      std::string body = ReadFile(entry.path());
      if (body.at(body.find_first_not_of(" \r\n\t")) == '{') {
        body.insert(0, 1, '[').push_back(']');
      }
      bodies[entry.path().filename().string()] = body;
    }
  }
  return bodies;
}

}  // namespace segrid::testing
