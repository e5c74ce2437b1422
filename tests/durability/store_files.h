// The files of a store as a kill leaves them, to be put back after each damage.

#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace segrid::tests {

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void WriteFile(const std::filesystem::path& path,
                      const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// By their names in the store's directory, their bytes.
class StoreFiles : public std::map<std::string, std::string> {
 public:
  StoreFiles() = default;
  // Copies a store, which may be open. Leaves out what is only space.
  explicit StoreFiles(const std::filesystem::path& directory) {
    namespace fs = std::filesystem;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
      const std::string name = fs::relative(entry.path(), directory).string();
      if (entry.is_directory() || name == "reserve") continue;
      (*this)[name] = ReadFile(entry.path());
    }
  }

  std::string Largest(const std::string& extension) const {
    std::string largest;
    for (const auto& [name, bytes] : *this) {
      if (!name.ends_with(extension)) continue;
      if (largest.empty() || bytes.size() > at(largest).size()) largest = name;
    }
    return largest;
  }

  // A fresh copy in `directory`.
  void Place(const std::filesystem::path& directory) const {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory / "db");
    for (const auto& [name, bytes] : *this) WriteFile(directory / name, bytes);
  }
};

}  // namespace segrid::tests
