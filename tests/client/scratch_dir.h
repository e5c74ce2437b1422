// A directory of a test's own, gone after it.

#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace segrid::tests {

class ScratchDir {
 public:
  ScratchDir() {
    std::string name =
        (std::filesystem::temp_directory_path() / "segrid-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~ScratchDir() { std::filesystem::remove_all(path_); }
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;

  std::string Path(const std::string& file) const { return path_ / file; }

  // Writes a file and returns its path.
  std::string Write(const std::string& file, const std::string& text) const {
    std::ofstream(Path(file), std::ios::binary) << text;
    return Path(file);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace segrid::tests
