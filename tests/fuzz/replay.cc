// Runs a fuzz target without libFuzzer: every file of the folders that are
// named, and mutations of them. SEGRID_TEST_SEED repeats a run;
// SEGRID_FUZZ_MUTATIONS is their number.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/fuzz/target.h"
#include "tests/testing/random.h"

namespace {

namespace fs = std::filesystem;

constexpr int kMutations = 20'000;
constexpr std::size_t kMaxMutatedBytes = 4096;

std::vector<std::string> ReadFolders(int count, char** folders) {
  std::vector<fs::path> paths;
  for (int i = 0; i < count; ++i) {
    for (const auto& entry : fs::directory_iterator(folders[i])) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const fs::path& path : paths) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    inputs.push_back(text.str());
  }
  return inputs;
}

void Run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()),
                         input.size());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> inputs = ReadFolders(argc - 1, argv + 1);
  if (inputs.empty()) {
    std::fprintf(stderr, "usage: %s FOLDER...; no file found\n", argv[0]);
    return 1;
  }
  for (const std::string& input : inputs) Run(input);
  segrid::testing::Random random(segrid::testing::TestSeed());
  const char* const wanted = std::getenv("SEGRID_FUZZ_MUTATIONS");
  const int mutations = wanted != nullptr ? std::atoi(wanted) : kMutations;
  for (int i = 0; i < mutations; ++i) {
    std::string input = random.PickFrom(inputs);
    if (input.size() > kMaxMutatedBytes) {
      const std::size_t at = random.Below(input.size() - kMaxMutatedBytes);
      input = input.substr(at, kMaxMutatedBytes);
    }
    segrid::testing::Mutate(random, input);
    Run(input);
  }
  std::printf("%zu files and %d mutations: nothing wrong\n", inputs.size(),
              mutations);
  return 0;
}
