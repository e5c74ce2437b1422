#include "core/base/access_error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace segrid::base {
namespace {

namespace fs = std::filesystem;

// The first part of `path` that closes the way: a folder that may not be
// entered, or the last part that exists.
std::string ClosedPart(const std::string& path) {
  std::error_code error;
  fs::path known;
  for (const fs::path& part : fs::absolute(path, error)) {
    const fs::path next = known / part;
    struct stat found {};
    if (::stat(next.c_str(), &found) != 0) break;
    known = next;
    if (S_ISDIR(found.st_mode) &&
        ::faccessat(AT_FDCWD, known.c_str(), X_OK, AT_EACCESS) != 0) {
      break;
    }
  }
  return known.string();
}

}  // namespace

std::string DescribeAccessError(const std::string& path, int error) {
  if (error == EROFS) return "the file system is read-only";
  if (error != EACCES && error != EPERM) {
    return std::generic_category().message(error);
  }
  const std::string closed = ClosedPart(path);
  struct stat found {};
  if (::stat(closed.c_str(), &found) != 0) return "permission denied";
  return absl::StrCat("permission denied: this process runs as uid ",
                      ::geteuid(), ", '", closed, "' belongs to uid ",
                      found.st_uid, " and has mode ",
                      absl::StrFormat("%04o", found.st_mode & 07777));
}

}  // namespace segrid::base
