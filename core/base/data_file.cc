#include "core/base/data_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace segrid::base {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 3> kOwn = {"queue", "grpc-tls", "lock"};
constexpr int kMaxLinks = 40;  // As the kernel has it.

// Names the kind of a path that is no regular file; empty: a regular one.
std::string KindOf(mode_t mode) {
  if (S_ISREG(mode)) return "";
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

// Where writing to `path` would end, also when that does not exist yet.
fs::path Follow(fs::path path) {
  std::error_code error;
  for (int i = 0; i < kMaxLinks && fs::is_symlink(path, error); ++i) {
    const fs::path target = fs::read_symlink(path, error);
    path = target.is_absolute() ? target : path.parent_path() / target;
  }
  return fs::weakly_canonical(path, error);
}

// Whether one of the server's own files is this one under another name.
bool IsLinked(const fs::path& data_dir, const struct stat& file) {
  for (const char* own : kOwn) {
    std::error_code error;
    for (fs::recursive_directory_iterator it(data_dir / own, error), end;
         !error && it != end; it.increment(error)) {
      struct stat found {};
      if (::lstat(it->path().c_str(), &found) == 0 &&
          found.st_dev == file.st_dev && found.st_ino == file.st_ino) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

bool IsServersOwnName(const std::string& path) {
  const fs::path normal = fs::path(path).lexically_normal();
  return !normal.empty() &&
         std::any_of(kOwn.begin(), kOwn.end(),
                     [&](const char* own) { return *normal.begin() == own; });
}

std::string DescribeBadDataFile(const std::string& data_dir,
                                const std::string& path) {
  constexpr char kOther[] = "; write another path, e.g. tracks.ndjson";
  const std::string own =
      absl::StrCat("leads to the server's own files", kOther);
  if (IsServersOwnName(path)) return own;
  const fs::path full = fs::path(data_dir) / path;
  std::error_code error;
  const fs::path root = fs::weakly_canonical(data_dir, error);
  if (IsServersOwnName(Follow(full).lexically_relative(root).string())) {
    return own;
  }
  struct stat found {};
  if (::stat(full.c_str(), &found) != 0) return "";
  if (const std::string kind = KindOf(found.st_mode); !kind.empty()) {
    return absl::StrCat("is ", kind, ", and not a regular file", kOther);
  }
  // More than one name: one of them may be of the server.
  if (found.st_nlink > 1 && IsLinked(root, found)) return own;
  return "";
}

}  // namespace segrid::base
